#pragma once
/// The routes that change the server, and those that only its keepers may read: what the command line speaks.
/// JSON in, JSON out; names of fields are the incumbent's where it has them.

#include <functional>
#include <memory>

#include "auth/auth.h"
#include "base/clock.h"
#include "catalog/catalog.h"
#include "http/route.h"
#include "ingest/ingest.h"
#include "mirror/mirrors.h"

namespace granary::api {

struct AdminDeps {
  std::shared_ptr<ingest::Ingest> ingest;
  std::shared_ptr<catalog::Catalog> catalog;
  std::shared_ptr<auth::Tokens> tokens;
  std::shared_ptr<const Clock> clock;
  /// [Authentication] NewReposAuthByDefault, asked each time because SIGHUP may change it. Null: false.
  std::function<bool()> new_repos_authenticated = {};
  /// Success: nothing is written any more, or all is taken again. Null: it cannot be done here.
  std::function<Result<>(const Context&, bool on)> set_read_only = {};
  std::string public_url = {};                    // Server.Address
  std::shared_ptr<mirror::Mirrors> mirrors = {};  // null: sources with an upstream cannot be made
  std::shared_ptr<jobs::Queue> queue = {};
};

void bind_admin_routes(http::Router&, const AdminDeps&);

// The parts of bind_admin_routes(), by noun.
void bind_admin_sources(http::Router&, const AdminDeps&);
void bind_admin_repositories(http::Router&, const AdminDeps&);
void bind_admin_packages(http::Router&, const AdminDeps&);
void bind_admin_pinned(http::Router&, const AdminDeps&);
void bind_admin_conflicts(http::Router&, const AdminDeps&);
void bind_admin_tokens(http::Router&, const AdminDeps&);
void bind_admin_maintenance(http::Router&, const AdminDeps&);
void bind_admin_mirrors(http::Router&, const AdminDeps&);

}  // namespace granary::api
