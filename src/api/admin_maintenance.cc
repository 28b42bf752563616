/// Collecting garbage and checking every byte.

#include "api/admin_json.h"
#include "api/admin_request.h"
#include "api/admin_routes.h"
#include "base/log.h"

namespace granary::api {
namespace {

using http::Access;
using http::Method;

constexpr http::RouteSpec kCollect = {
    "admin.gc",
    Method::post,
    "/__api__/gc",
    Access::admin,
    "Remove bytes that no package of any snapshot names; dryrun says how much space "
    "would come back",
    "dryrun,grace"};
constexpr http::RouteSpec kVerify = {
    "admin.verify", Method::post, "/__api__/verify", Access::admin,
    "Read every byte: every package has its bytes, all bytes have their hash"};

constexpr http::RouteSpec kReadOnly = {
    "admin.read_only",
    Method::post,
    "/__api__/read-only",
    Access::admin,
    "Refuse writes on this node (503) while its data are moved, or take them again",
    "on"};

constexpr auto kPatience = std::chrono::hours(12);

/// Both read everything, which takes as long as it takes: only a stop of the server ends them early.
Context patient(const Context& ctx) { return {ctx.log(), ctx.stop(), Context::Clock::now() + kPatience}; }

Result<http::Response> collect(const AdminDeps& deps, const Context& ctx, const http::Request& request) {
  const bool dry_run = TRY(query_flag(request, "dryrun"));
  const auto grace = TRY(query_duration(request, "grace"));
  const auto seconds = grace ? std::chrono::ceil<std::chrono::seconds>(*grace) : deps.gc_grace;
  const auto done = TRY(deps.ingest->collect(patient(ctx), dry_run, seconds));
  JsonWriter json;
  json.begin_object();
  json.member("dryrun", dry_run);
  json.member("blobs", done.blobs);
  json.member("bytes", done.bytes);
  json.member("young", done.young);
  json.member("kept", done.kept);
  json.member("kept_bytes", done.kept_bytes);
  json.end_object();
  return json_response(200, std::move(json));
}

Result<http::Response> verify(const AdminDeps& deps, const Context& ctx) {
  const auto found = TRY(deps.ingest->verify(patient(ctx), [&](std::uint64_t done, std::uint64_t total) {
    ctx.log().debug("verifying", {{"done", std::to_string(done)}, {"total", std::to_string(total)}});
  }));
  JsonWriter json;
  json.begin_object();
  json.member("files", found.files);
  json.member("blobs", found.blobs);
  json.member("bytes", found.bytes);
  json.key("problems");
  json.begin_array();
  for (const auto& problem : found.problems) {
    json.begin_object();
    json.member("what", problem.what);
    json.member("source", problem.source);
    json.member("filename", problem.filename);
    json.member("sha256", problem.digest);
    json.end_object();
  }
  json.end_array();
  json.end_object();
  return json_response(200, std::move(json));
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
  router.bind(kVerify, [deps](const auto& ctx, const auto&) { return verify(deps, ctx); });
}

}  // namespace granary::api
