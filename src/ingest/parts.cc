#include "ingest/parts.h"

#include "archive/path.h"

namespace granary::ingest {

Result<model::Source> get_source(catalog::ReadView& view, std::string_view name_or_id) {
  auto found = TRY(view.find_source(name_or_id));
  if (found) return *std::move(found);
  return fail(Errc::not_found, "no source named '" + archive::shown(name_or_id) + "'",
              "list them with: granary list sources");
}

Result<model::Repository> get_repository(catalog::ReadView& view, std::string_view name_or_id) {
  auto found = TRY(view.find_repository(name_or_id));
  if (found) return *std::move(found);
  return fail(Errc::not_found, "no repository named '" + archive::shown(name_or_id) + "'",
              "list them with: granary list repos");
}

}  // namespace granary::ingest
