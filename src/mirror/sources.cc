#include "mirror/sources.h"

#include "catalog/named.h"
#include "upstream/client.h"

namespace granary::mirror {
namespace {

/// An upstream that no client can be made for is refused now, not at the first synchronisation.
Result<> check_upstream(const Parts& parts, const model::Upstream& upstream) {
  if (upstream.url.empty() || upstream.url == kOffline) return {};
  upstream::ClientOptions options;
  options.url = upstream.url;
  TRY(upstream::make_client(std::move(options), parts.clock));
  return {};
}

model::Upstream without_slash(model::Upstream upstream) {
  while (upstream.url.ends_with('/')) upstream.url.pop_back();
  return upstream;
}

Result<model::SourceId> frozen_of(catalog::ReadView& view, const std::string& name) {
  if (!name.empty()) {
    const auto found = TRY(view.find_source(name));
    if (found && found->type == model::SourceType::cran) return found->id;
    return fail(Errc::not_found, "no source of type cran is named '" + name.substr(0, 80) + "'",
                "list them with: granary list sources");
  }
  std::optional<model::SourceId> only;
  for (const auto& source : TRY(view.sources())) {
    if (source.type != model::SourceType::cran) continue;
    if (only)
      return fail(Errc::invalid_argument, "there are several sources of type cran", "say which: --of NAME");
    only = source.id;
  }
  if (only) return *only;
  return fail(Errc::not_found, "there is no source of type cran",
              "make one first: granary create source --name cran --type cran");
}

}  // namespace

Result<model::Source> create_source(const Parts& parts, const Context& ctx, const NewSource& wanted) {
  TRY(model::check_name(wanted.name));
  const bool snapshot = wanted.type == model::SourceType::cran_snapshot;
  if (!snapshot && !model::is_mirror(wanted.type))
    return fail(Errc::invalid_argument,
                "a source of type " + std::string(name_of(wanted.type)) + " has no upstream");
  if (snapshot != wanted.frozen_at.has_value())
    return fail(
        Errc::invalid_argument,
        snapshot ? "a cran-snapshot needs the day that it shows"
                 : "only sources of type cran-snapshot show one day",
        "for instance: granary create source --name y2020 --type cran-snapshot --snapshot 2020-07-09");
  if (snapshot && wanted.upstream != model::Upstream{})
    return fail(Errc::invalid_argument, "a cran-snapshot has no upstream of its own",
                "it shows a source of type cran");
  model::Source source;
  source.name = wanted.name;
  source.description = wanted.description;
  source.type = wanted.type;
  source.upstream = without_slash(wanted.upstream);
  source.frozen_at = wanted.frozen_at;
  TRY(check_upstream(parts, source.upstream));
  model::Source out;
  TRY(parts.catalog->write(ctx, [&](catalog::WriteView& view) -> Result<> {
    if (wanted.succeed_on_existing) {
      auto there = TRY(catalog::source_of_type(view, wanted.name, wanted.type));
      if (there) {
        out = *std::move(there);
        return {};
      }
    }
    if (snapshot) source.frozen_of = TRY(frozen_of(view, wanted.frozen_of));
    const auto id = TRY(view.create_source(source));
    auto made = TRY(view.find_source(std::to_string(id.value)));
    GRANARY_ASSERT(made.has_value());
    out = *std::move(made);
    return {};
  }));
  return out;
}

Result<model::Source> change_upstream(const Parts& parts, const Context& ctx, std::string_view name,
                                      const UpstreamChange& change) {
  model::Source out;
  TRY(parts.catalog->write(ctx, [&](catalog::WriteView& view) -> Result<> {
    auto found = TRY(catalog::source_named(view, name));
    if (!model::is_mirror(found.type))
      return fail(Errc::invalid_argument, "the source '" + found.name + "' has no upstream",
                  "only sources of type cran, bioconductor and pypi have one");
    auto& upstream = found.upstream;
    const auto set = [](std::string& field, const std::optional<std::string>& value) {
      if (value) field = *value;
    };
    set(upstream.url, change.url);
    set(upstream.proxy, change.proxy);
    set(upstream.ca_file, change.ca_file);
    set(upstream.user, change.user);
    set(upstream.password, change.password);
    upstream = without_slash(std::move(upstream));
    TRY(check_upstream(parts, upstream));
    TRY(view.set_upstream(found.id, upstream));
    out = std::move(found);
    return {};
  }));
  return out;
}

}  // namespace granary::mirror
