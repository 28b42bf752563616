#include "mirror/parts.h"

namespace granary::mirror {

Result<model::Source> mirror_source(const Parts& parts, const Context& ctx, model::SourceId id) {
  std::optional<model::Source> found;
  TRY(parts.catalog->read(ctx, [&](catalog::ReadView& view) -> Result<> {
    found = TRY(view.find_source(std::to_string(id.value)));
    return {};
  }));
  if (!found) return fail(Errc::not_found, "the source was deleted", "list them with: granary list sources");
  if (!model::is_mirror(found->type))
    return fail(Errc::invalid_argument, "the source '" + found->name + "' has no upstream",
                "only sources of type cran, bioconductor and pypi have one");
  return *std::move(found);
}

}  // namespace granary::mirror
