#include "app/routes.h"

#include "api/access_gate.h"
#include "api/admin_routes.h"
#include "api/bundle_routes.h"
#include "api/cluster_routes.h"
#include "api/git_routes.h"
#include "api/home_page.h"
#include "api/job_routes.h"
#include "api/meta_handlers.h"
#include "api/python_handlers.h"
#include "api/r_handlers.h"
#include "api/repository_page.h"
#include "api/upload_handlers.h"
#include "app/version.h"
#include "ingest/maintenance_jobs.h"

namespace granary::app {

namespace {

/// What clients of packages ask, and those who publish.
void bind_packages(http::Router& router, const Parts& parts, const config::Settings& settings) {
  api::bind_r(
      router,
      {.views = parts.views, .blobs = parts.blobs, .mirrors = parts.mirrors, .indexes = parts.r_indexes});
  api::bind_python(router, {.views = parts.views,
                            .blobs = parts.blobs,
                            .public_url = settings.server.address,
                            .mirrors = parts.mirrors});
  const auto actor = [tokens = parts.tokens](const Context& ctx,
                                             const http::Request& request) -> std::string {
    const auto principal = api::principal_of(ctx, *tokens, request);
    return principal ? principal->description : std::string();
  };
  api::bind_upload(router, {.ingest = parts.ingest, .actor = actor});
  api::bind_home(router, {.catalog = parts.catalog, .public_url = settings.server.address});
  api::bind_repository_pages(
      router, {.views = parts.views, .catalog = parts.catalog, .public_url = settings.server.address});
}

}  // namespace

void bind_routes(http::Router& router, const Parts& parts, const config::Settings& settings) {
  router.set_prefix(settings.path_prefix());
  router.set_gate(api::make_access_gate(parts.tokens, parts.views, settings.authentication.api_token_auth));
  if (settings.server.role != "worker") bind_packages(router, parts, settings);
  api::bind_meta(router, {.views = parts.views,
                          .catalog = parts.catalog,
                          .version = std::string(kVersion),
                          .build_date = std::string(build_date()),
                          .metrics_enabled = settings.metrics.enabled,
                          .leaving = parts.leaving,
                          .online = parts.online,
                          .mirrors = parts.mirrors});
  api::bind_bundles(
      router,
      {.catalog = parts.catalog, .blobs = parts.blobs, .mirrors = parts.mirrors, .clock = parts.clock});
  api::bind_cluster(router, {.nodes = parts.nodes, .self = parts.node_name});
  api::bind_jobs(router, {.queue = parts.queue,
                          .events = parts.job_events,
                          .catalog = parts.catalog,
                          .submittable = {ingest::collect_job(), ingest::verify_job()}});
  api::bind_git(router, {.catalog = parts.catalog,
                         .builders = parts.build.builders,
                         .builds = parts.build.builds,
                         .credentials = parts.build.credentials,
                         .queue = parts.queue});
  api::bind_admin_routes(
      router,
      {.ingest = parts.ingest,
       .catalog = parts.catalog,
       .tokens = parts.tokens,
       .clock = parts.clock,
       .new_repos_authenticated = parts.new_repos_authenticated,
       .set_read_only = [at = parts.read_only](const Context& ctx, bool on) { return at->set(ctx, on); },
       .public_url = settings.server.address,
       .mirrors = parts.mirrors,
       .queue = parts.queue});
}

}  // namespace granary::app
