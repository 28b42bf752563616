#include "api/package_choice.h"

#include <unistd.h>

#include <thread>

#include "api/python_files.h"
#include "base/text.h"
#include "base/time_text.h"
#include "catalog/named.h"
#include "python/metadata.h"
#include "python/requirement.h"
#include "r/renv_lock.h"

namespace granary::api {
namespace {

constexpr std::uint64_t kMostVersions = 1'000'000;

/// All bytes of a file, for reading here.
Result<std::string> bytes_of(mirror::Mirrors& mirrors, const Context& ctx, const model::FileRecord& file) {
  const auto opened = TRY(mirrors.open_file(ctx, file));
  std::string out;
  const auto read = [&](int fd, std::uint64_t size) -> Result<> {
    if (size > python::kLargestMetadata) return fail(Errc::too_large, file.filename + " is too long");
    out.resize(static_cast<std::size_t>(size));
    if (::pread(fd, out.data(), out.size(), 0) != static_cast<ssize_t>(out.size()))
      return fail(Errc::internal, "cannot read " + file.filename);
    return {};
  };
  if (const auto* whole = std::get_if<std::shared_ptr<const OpenFile>>(&opened.body)) {
    TRY(read((*whole)->fd.get(), (*whole)->size));
    return out;
  }
  const auto growing = std::get<std::shared_ptr<GrowingFile>>(opened.body);
  for (;;) {  // small, and mostly here: open_file() waits for such
    const auto state = growing->state();
    if (state.error) return tl::unexpected(*state.error);
    if (state.finished) {
      TRY(read(growing->fd(), state.size));
      return out;
    }
    TRY(ctx.check());
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
  }
}

/// The moment after a day.
Result<Time> moment_after(const std::string& text) {
  const auto day = parse_day(text);
  if (!day)
    return fail(Errc::invalid_argument, "'" + text.substr(0, 40) + "' is not a date",
                "write it as 2024-05-01");
  return Time(*day + std::chrono::days(1));
}

}  // namespace

Result<mirror::FetchOrder> read_choice(const Fields& body) {
  mirror::FetchOrder out;
  out.packages = TRY(body.texts("packages"));
  out.constraints = TRY(body.texts("constraints"));
  out.newest = TRY(body.optional_count("newest", kMostVersions)).value_or(0);
  out.dependencies = TRY(body.optional_boolean("dependencies")).value_or(true);
  out.dates = TRY(body.texts("dates"));
  out.latest = TRY(body.optional_boolean("latest")).value_or(true);
  out.trees = TRY(body.texts("trees"));
  out.python = TRY(body.optional_text("python")).value_or("");
  out.platforms = TRY(body.texts("platforms"));
  for (const auto& date : out.dates) TRY(moment_after(date));
  TRY(python::parse_target(out.python, out.platforms));
  return out;
}

Result<view::Selection> selection_of(catalog::Catalog& catalog, const Context& ctx,
                                     const mirror::FetchOrder& order) {
  view::Selection out;
  for (const auto& name : order.sources)
    out.sources.push_back(TRY(catalog::source_named(catalog, ctx, name)));
  out.packages = order.packages;
  out.constraints = order.constraints;
  for (const auto& date : order.dates) out.moments.emplace_back(TRY(moment_after(date)));
  if (order.latest) out.moments.emplace_back(std::nullopt);
  out.trees = order.trees;
  if (out.trees.empty()) out.trees = TRY(view::source_trees(ctx, catalog, out.sources));
  if (order.newest > 0) out.newest = static_cast<std::size_t>(order.newest);
  out.dependencies = order.dependencies;
  out.target = TRY(python::parse_target(order.python, order.platforms));
  return out;
}

view::RequirementsOf requirements_of(mirror::Mirrors& mirrors) {
  return [&mirrors](const Context& ctx,
                    const model::FileRecord& file) -> Result<std::optional<std::vector<std::string>>> {
    if (!file.metadata.empty()) return std::optional(python::read_metadata(file.metadata).requires_dist);
    if (!file.origin || !file.metadata_sha256) return std::optional<std::vector<std::string>>();
    const auto text = TRY(bytes_of(mirrors, ctx, metadata_beside(file)));
    return std::optional(python::read_metadata(text).requires_dist);
  };
}

mirror::ChooseFiles choose_files(std::shared_ptr<catalog::Catalog> catalog, mirror::Mirrors& mirrors) {
  return [catalog = std::move(catalog), &mirrors](const Context& ctx, const mirror::FetchOrder& order,
                                                  const mirror::EachPackage& each) -> Result<mirror::Unmet> {
    auto selection = TRY(selection_of(*catalog, ctx, order));
    selection.records = false;
    selection.strict = false;
    if (order.all) {
      selection.packages.clear();
      selection.whole_index = true;
      selection.dependencies = false;
      selection.newest = static_cast<std::size_t>(order.newest);
    }
    auto gaps = TRY(view::select(ctx, *catalog, &mirrors, selection, requirements_of(mirrors),
                                 [&](const view::Selected& item) -> Result<> {
                                   std::vector<model::FileRecord> files;
                                   for (const auto& file : item.files) {
                                     if (!file.origin) continue;  // of one's own: it is here
                                     files.push_back(file);
                                     if (file.metadata_sha256) files.push_back(metadata_beside(file));
                                   }
                                   return files.empty() ? Result<>() : each(files);
                                 }));
    return mirror::Unmet{std::move(gaps.missing), std::move(gaps.unread)};
  };
}

}  // namespace granary::api
