#include "api/admin_routes.h"

namespace granary::api {

void bind_admin_routes(http::Router& router, const AdminDeps& deps) {
  bind_admin_sources(router, deps);
  bind_admin_repositories(router, deps);
  bind_admin_packages(router, deps);
  bind_admin_pinned(router, deps);
  bind_admin_conflicts(router, deps);
  bind_admin_tokens(router, deps);
  bind_admin_maintenance(router, deps);
  if (deps.mirrors) bind_admin_mirrors(router, deps);
}

}  // namespace granary::api
