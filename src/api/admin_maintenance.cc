/// Collecting garbage and checking every byte.

#include "api/admin_json.h"
#include "api/admin_request.h"
#include "api/admin_routes.h"
#include "api/job_wait.h"
#include "base/log.h"
#include "ingest/maintenance_jobs.h"

namespace granary::api {
namespace {

using http::Access;
using http::Method;

constexpr http::RouteSpec kCollect = {
    "admin.gc",
    Method::post,
    "/__api__/gc",
    Access::admin,
    "Remove bytes that no package of any snapshot names, as a job, whose result says how much it was; "
    "dryrun says how much space would come back",
    "dryrun,grace"};
constexpr http::RouteSpec kVerify = {
    "admin.verify", Method::post, "/__api__/verify", Access::admin,
    "Read every byte, as a job: every package has its bytes, all bytes have their hash. The job fails when "
    "anything is wrong, and its result says what"};

constexpr http::RouteSpec kReadOnly = {
    "admin.read_only",
    Method::post,
    "/__api__/read-only",
    Access::admin,
    "Refuse writes on this node (503) while its data are moved, or take them again",
    "on"};

Result<http::Response> collect(const AdminDeps& deps, const Context& ctx, const http::Request& request) {
  ingest::Collecting how;
  how.dry_run = TRY(query_flag(request, "dryrun"));
  if (const auto grace = TRY(query_duration(request, "grace")))
    how.grace = std::chrono::ceil<std::chrono::seconds>(*grace);
  return submit_job(ctx, *deps.queue, ingest::gc_job(how));
}

Result<http::Response> read_only(const AdminDeps& deps, const Context& ctx, const http::Request& request) {
  const bool on = TRY(query_flag(request, "on"));
  if (!deps.set_read_only) return fail(Errc::unsupported, "this server cannot be made read-only");
  TRY(deps.set_read_only(ctx, on));
  ctx.log().component("api").info(on ? "read-only: writes are refused" : "takes writes again");
  JsonWriter json;
  json.begin_object();
  json.member("read_only", on);
  json.end_object();
  return json_response(200, std::move(json));
}

}  // namespace

void bind_admin_maintenance(http::Router& router, const AdminDeps& deps) {
  router.bind(kCollect, [deps](const auto& ctx, const auto& request) { return collect(deps, ctx, request); });
  router.bind(kReadOnly,
              [deps](const auto& ctx, const auto& request) { return read_only(deps, ctx, request); });
  router.bind(kVerify, [deps](const auto& ctx, const auto&) {
    return submit_job(ctx, *deps.queue, ingest::verify_job());
  });
}

}  // namespace granary::api
