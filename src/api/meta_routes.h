#pragma once
/// What the server says about itself and its repositories. Reading only; what changes a source, and what only
/// its keepers read of it, is in admin_routes.h.

#include <array>
#include <cstdint>

#include "http/route.h"

namespace granary::api {

enum class MetaEndpoint : std::uint8_t {
  ping,
  live,
  status,
  repositories,
  repository,
  repository_packages,
  repository_package,
  repository_sources,
  transaction_dates,
  first_transaction,
  sources,
  source,
  openapi,
};

struct MetaRoute {
  MetaEndpoint endpoint;
  http::RouteSpec spec;
};

inline constexpr std::array<MetaRoute, 14> kMetaRoutes = {{
    {MetaEndpoint::ping,
     {"meta.ping", http::Method::get, "/__ping__", http::Access::anonymous,
      "Readiness, for a balancer: 503 when the node is offline or about to stop", "", true}},
    {MetaEndpoint::live,
     {"meta.live", http::Method::get, "/__live__", http::Access::anonymous,
      "Liveness: 200 as long as the process answers, also when it is offline or its database is away", "",
      true}},
    {MetaEndpoint::status,
     {"meta.status", http::Method::get, "/__api__/status", http::Access::anonymous,
      "What this server is and can do; clients recognise it by this"}},
    {MetaEndpoint::repositories,
     {"meta.repos", http::Method::get, "/__api__/repos", http::Access::anonymous,
      "All repositories, or those that show a source", "source"}},
    {MetaEndpoint::repository,
     {"meta.repo", http::Method::get, "/__api__/repos/{repo}", http::Access::read,
      "One repository, by name or id"}},
    {MetaEndpoint::repository_packages,
     {"meta.repo_packages", http::Method::get, "/__api__/repos/{repo}/packages", http::Access::read,
      "Packages of a repository; X-Total-Count has the number of all that match",
      "name,name_like,exact_first,snapshot,bioc_version,_limit,_page"}},
    {MetaEndpoint::repository_package,
     {"meta.repo_package", http::Method::get, "/__api__/repos/{repo}/packages/{name}", http::Access::read,
      "One package with its releases", "version,snapshot,bioc_version"}},
    {MetaEndpoint::repository_sources,
     {"meta.repo_sources", http::Method::get, "/__api__/repos/{repo}/sources", http::Access::read,
      "Sources that a repository subscribes to, in order"}},
    {MetaEndpoint::transaction_dates,
     {"meta.transaction_dates", http::Method::get, "/__api__/repos/{repo}/transaction-dates",
      http::Access::read,
      "Days on which the repository changed, with a mirror every day since upstream's first; every other day "
      "is "
      "a valid snapshot too",
      "_sort,_order"}},
    {MetaEndpoint::first_transaction,
     {"meta.first_transaction", http::Method::get, "/__api__/repos/{repo}/first-transaction",
      http::Access::read, "The oldest transaction of a repository; null when there is none"}},
    {MetaEndpoint::sources,
     {"meta.sources", http::Method::get, "/__api__/sources", http::Access::anonymous,
      "All sources, or those of a type", "type"}},
    {MetaEndpoint::source,
     {"meta.source", http::Method::get, "/__api__/sources/{source}", http::Access::publish,
      "One source, by name or id"}},
    {MetaEndpoint::openapi,
     {"meta.openapi", http::Method::get, "/__api__/openapi.json", http::Access::anonymous,
      "This API as OpenAPI 3.1"}},
    {MetaEndpoint::openapi,
     {"meta.openapi_root", http::Method::get, "/openapi.json", http::Access::anonymous,
      "This API as OpenAPI 3.1"}},
}};

}  // namespace granary::api
