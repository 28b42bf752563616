/// Publishing and withdrawing packages of a source.

#include "api/access_gate.h"
#include "api/admin_json.h"
#include "api/admin_request.h"
#include "api/admin_routes.h"

namespace granary::api {
namespace {

using http::Access;
using http::Method;

constexpr http::RouteSpec kAdd = {
    "admin.package.add",
    Method::post,
    "/__api__/sources/{source}/packages",
    Access::publish,
    "Publish the body, an R source tarball or a Python distribution, under the name "
    "filename",
    "filename,replace,dryrun,comment"};
constexpr http::RouteSpec kRemove = {
    "admin.package.remove",
    Method::del,
    "/__api__/sources/{source}/packages/{selector}",
    Access::publish,
    "Remove pkg@1.2, pkg@current, pkg@all or pkg@<file>; earlier snapshots keep it",
    "dryrun,comment"};
constexpr http::RouteSpec kArchive = {
    "admin.package.archive", Method::post, "/__api__/sources/{source}/archive", Access::publish,
    "Move the current version of an R package to Archive. Body: {package, comment}"};
constexpr http::RouteSpec kYank = {
    "admin.package.yank", Method::post, "/__api__/sources/{source}/yank", Access::publish,
    "Yank files of a Python project (PEP 592). Body: {package: pkg@1.2, reason}"};
constexpr http::RouteSpec kUnyank = {"admin.package.unyank", Method::post, "/__api__/sources/{source}/unyank",
                                     Access::publish, "Undo a yank. Body: {package: pkg@1.2}"};

Result<std::string> actor_of(const AdminDeps& deps, const Context& ctx, const http::Request& request) {
  return TRY(principal_of(ctx, *deps.tokens, request)).description;
}

http::Response answer(const ingest::Changed& changed) {
  JsonWriter json;
  write_json(json, changed);
  return json_response(200, std::move(json));
}

Result<http::Response> add(const AdminDeps& deps, const Context& ctx, const http::Request& request) {
  const auto filename = request.query_value("filename").value_or("");
  if (filename.empty())
    return fail(Errc::invalid_argument, "the query has no filename", "add ?filename=pkg_1.0.tar.gz");
  if (!request.body || request.body->size() == 0)
    return fail(Errc::invalid_argument, "the body is empty", "send the bytes of the package as the body");
  ingest::Upload upload;
  upload.filename = filename;
  upload.bytes = request.body.get();
  ingest::Publish how;
  how.replace = TRY(query_flag(request, "replace"));
  how.dry_run = TRY(query_flag(request, "dryrun"));
  how.comment = request.query_value("comment").value_or("");
  how.actor = TRY(actor_of(deps, ctx, request));
  const auto published = TRY(deps.ingest->publish(ctx, request.parameter("source"), upload, how));
  JsonWriter json;
  json.begin_object();
  json.key("file");
  write_json(json, published.file);
  json.member("already", published.already);
  json.member("dryrun", how.dry_run);
  json.key("warnings");
  json.begin_array();
  for (const auto& warning : published.warnings) json.value(warning);
  json.end_array();
  json.end_object();
  return json_response(published.already || how.dry_run ? 200 : 201, std::move(json));
}

Result<http::Response> remove(const AdminDeps& deps, const Context& ctx, const http::Request& request) {
  const auto selector = TRY(ingest::parse_selector(request.parameter("selector")));
  const bool dry_run = TRY(query_flag(request, "dryrun"));
  const auto actor = TRY(actor_of(deps, ctx, request));
  const auto comment = request.query_value("comment").value_or("");
  return answer(
      TRY(deps.ingest->remove(ctx, request.parameter("source"), selector, dry_run, actor, comment)));
}

Result<http::Response> archive(const AdminDeps& deps, const Context& ctx, const http::Request& request) {
  const auto body = TRY(Fields::read(request, {"package", "comment"}));
  const auto package = TRY(body.text("package"));
  const auto comment = TRY(body.optional_text("comment")).value_or("");
  const auto actor = TRY(actor_of(deps, ctx, request));
  return answer(TRY(deps.ingest->archive(ctx, request.parameter("source"), package, actor, comment)));
}

Result<http::Response> yank(const AdminDeps& deps, const Context& ctx, const http::Request& request) {
  const auto body = TRY(Fields::read(request, {"package", "reason"}));
  const auto selector = TRY(ingest::parse_selector(TRY(body.text("package"))));
  const auto reason = TRY(body.optional_text("reason")).value_or("");
  const auto actor = TRY(actor_of(deps, ctx, request));
  return answer(TRY(deps.ingest->yank(ctx, request.parameter("source"), selector, reason, actor)));
}

Result<http::Response> unyank(const AdminDeps& deps, const Context& ctx, const http::Request& request) {
  const auto body = TRY(Fields::read(request, {"package"}));
  const auto selector = TRY(ingest::parse_selector(TRY(body.text("package"))));
  const auto actor = TRY(actor_of(deps, ctx, request));
  return answer(TRY(deps.ingest->unyank(ctx, request.parameter("source"), selector, actor)));
}

}  // namespace

void bind_admin_packages(http::Router& router, const AdminDeps& deps) {
  router.bind(kAdd, [deps](const auto& ctx, const auto& request) { return add(deps, ctx, request); });
  router.bind(kRemove, [deps](const auto& ctx, const auto& request) { return remove(deps, ctx, request); });
  router.bind(kArchive, [deps](const auto& ctx, const auto& request) { return archive(deps, ctx, request); });
  router.bind(kYank, [deps](const auto& ctx, const auto& request) { return yank(deps, ctx, request); });
  router.bind(kUnyank, [deps](const auto& ctx, const auto& request) { return unyank(deps, ctx, request); });
}

}  // namespace granary::api
