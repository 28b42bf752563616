#include "view/read_names.h"

#include "python/metadata.h"
#include "r/description.h"
#include "r/titles.h"
#include "view/projects.h"

namespace granary::view {
namespace {

constexpr std::uint32_t kNamesPerPage = 10'000;

std::string title_of(const model::FileRecord& file) {
  if (file.kind == model::FileKind::wheel || file.kind == model::FileKind::sdist)
    return python::read_metadata(file.metadata).summary;
  const auto description = r::parse_description(file.metadata);
  return description ? r::single_line(description->get("Title")) : std::string();
}

/// Of a stanza, which has a field on each line.
std::string_view title_in(std::string_view stanza) {
  constexpr std::string_view kField = "\nTitle: ";
  const auto at = stanza.find(kField);
  if (at == std::string_view::npos) return {};
  const auto rest = stanza.substr(at + kField.size());
  return rest.substr(0, rest.find('\n'));
}

std::string_view title_of(const RPackageView& package) {
  const auto& versions = package.history().versions;
  return package.current().empty() ? std::string_view() : title_in(versions[package.current().back()].stanza);
}

}  // namespace

Result<SourceNames> read_names(catalog::ReadView& view, const model::Pin& pin) {
  SourceNames names;
  if (is_index(pin)) {
    TRY(view.mirrors().for_each_name(pin.source, pin.at, [&](const catalog::UpstreamName& one) -> Result<> {
      names.add(one.name);
      return {};
    }));
  } else {
    model::Page page{{}, kNamesPerPage};
    for (;;) {
      const auto more = TRY(view.packages(pin.source, pin.at, page));
      for (const auto& name : more) names.add(name);
      if (more.size() < page.limit) break;
      page.after = more.back();
    }
  }
  names.finish();
  return names;
}

Result<SourceNames> read_titled_names(const Context& ctx, catalog::ReadView& view, const model::Pin& pin) {
  SourceNames names;
  model::FileRecord newest;
  const auto flush = [&] {
    if (!newest.package.empty()) names.add(newest.package, title_of(newest));
  };
  TRY(view.for_each_file(pin.source, pin.at, [&](const model::FileRecord& file) -> Result<> {
    if (file.package != newest.package) {
      TRY(ctx.check());
      flush();
      newest = file;
    } else if (!file.metadata.empty() && !file.archived) {
      newest = file;
    }
    return {};
  }));
  flush();
  names.finish();
  return names;
}

Result<SourceNames> read_names(const RTree& tree, const model::Pin& pin, std::string_view titles) {
  SourceNames names;
  RPackageView shown;
  r::TitleReader now(titles);
  for (const auto& package : tree.packages) {
    if (!TRY(shown.load(package, pin.until))) continue;
    const auto its_own = title_of(shown);
    names.add(package.name, its_own.empty() ? now.find(package.name) : its_own);
  }
  names.finish();
  return names;
}

}  // namespace granary::view
