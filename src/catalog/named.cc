#include "catalog/named.h"

#include "base/one_line.h"

namespace granary::catalog {
namespace {

constexpr std::size_t kLongestShown = 80;

tl::unexpected<Error> of_another_type(std::string_view what, const std::string& name, std::string_view type) {
  return fail(Errc::conflict,
              "the " + std::string(what) + " '" + name + "' exists already, of type " + std::string(type),
              "choose another name, or leave the type as it is");
}

}  // namespace

tl::unexpected<Error> no_source(std::string_view name_or_id) {
  return fail(Errc::not_found, "no source named '" + one_line(name_or_id, kLongestShown) + "'",
              "list them with: granary list sources, or GET /__api__/sources");
}

tl::unexpected<Error> no_repository(std::string_view name_or_id) {
  return fail(Errc::not_found, "no repository named '" + one_line(name_or_id, kLongestShown) + "'",
              "list them with: granary list repos, or GET /__api__/repos");
}

Result<model::Source> source_named(ReadView& view, std::string_view name_or_id) {
  auto found = TRY(view.find_source(name_or_id));
  if (!found) return no_source(name_or_id);
  return *std::move(found);
}

Result<model::Source> source_named(Catalog& catalog, const Context& ctx, std::string_view name_or_id) {
  model::Source found;
  TRY(catalog.read(ctx, [&](ReadView& view) -> Result<> {
    found = TRY(source_named(view, name_or_id));
    return {};
  }));
  return found;
}

Result<model::Repository> repository_named(ReadView& view, std::string_view name_or_id) {
  auto found = TRY(view.find_repository(name_or_id));
  if (!found) return no_repository(name_or_id);
  return *std::move(found);
}

Result<std::optional<model::Source>> source_of_type(ReadView& view, std::string_view name,
                                                    model::SourceType type) {
  auto there = TRY(view.find_source(name));
  if (there && there->type != type) return of_another_type("source", there->name, name_of(there->type));
  return there;
}

Result<std::optional<model::Repository>> repository_of_type(ReadView& view, std::string_view name,
                                                            model::Ecosystem type) {
  auto there = TRY(view.find_repository(name));
  if (there && there->type != type) return of_another_type("repository", there->name, name_of(there->type));
  return there;
}

}  // namespace granary::catalog
