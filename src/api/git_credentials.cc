/// Credentials of builders. No answer holds a secret.

#include "api/admin_json.h"
#include "api/admin_request.h"
#include "api/git_routes.h"
#include "base/time_text.h"

namespace granary::api {
namespace {

using http::Access;
using http::Method;

constexpr http::RouteSpec kCreate = {
    "git.credential.create", Method::post, "/__api__/git-credentials", Access::admin,
    "Keep a credential, sealed with the server's key. Body: {type (https, ssh), name; https: username, "
    "password; ssh: key, passphrase; succeed_on_existing}"};
constexpr http::RouteSpec kList = {"git.credential.list", Method::get, "/__api__/git-credentials",
                                   Access::admin, "Credentials, without their secrets"};
constexpr http::RouteSpec kEdit = {
    "git.credential.edit", Method::patch, "/__api__/git-credentials/{type}/{name}", Access::admin,
    "Put another secret in the place of one. Body: {username, password; key, passphrase}"};
constexpr http::RouteSpec kDelete = {"git.credential.delete", Method::del,
                                     "/__api__/git-credentials/{type}/{name}", Access::admin,
                                     "Delete a credential; refused while a builder uses it"};

Result<build::Transport> type_of(std::string_view text) {
  const auto type = build::parse_transport(text);
  if (type && *type != build::Transport::file) return *type;
  return fail(Errc::invalid_argument, "unknown type of credential '" + std::string(text.substr(0, 80)) + "'",
              "use https or ssh");
}

Result<> take_secrets(const Fields& body, build::Credential& out) {
  out.user = TRY(body.optional_text("username")).value_or("");
  const auto password = TRY(body.optional_text("password")), key = TRY(body.optional_text("key")),
             passphrase = TRY(body.optional_text("passphrase"));
  const bool ssh = out.kind == build::Transport::ssh;
  if (ssh ? (password || !out.user.empty()) : (key || passphrase))
    return fail(Errc::invalid_argument, "these are not the secrets of this type of credential",
                "https takes username and password, ssh takes key and passphrase");
  out.secret = (ssh ? key : password).value_or("");
  out.passphrase = passphrase.value_or("");
  return {};
}

void write_json(JsonWriter& json, const build::Credential& credential) {
  json.begin_object();
  json.member("type", name_of(credential.kind));
  json.member("name", credential.name);
  json.member("username", credential.user);
  json.member("created", rfc3339(credential.created_at));
  json.member("changed", rfc3339(credential.changed_at));
  json.end_object();
}

Result<http::Response> answer(const GitDeps& deps, const Context& ctx, int status,
                              const build::Credential& wanted) {
  for (const auto& one : TRY(deps.credentials->list(ctx))) {
    if (one.kind != wanted.kind || one.name != wanted.name) continue;
    JsonWriter json;
    write_json(json, one);
    return json_response(status, std::move(json));
  }
  return json_response(status, [&] {
    JsonWriter json;
    write_json(json, wanted);
    return json;
  }());
}

Result<http::Response> create(const GitDeps& deps, const Context& ctx, const http::Request& request) {
  const auto body = TRY(Fields::read(
      request, {"type", "name", "username", "password", "key", "passphrase", "succeed_on_existing"}));
  build::Credential wanted;
  wanted.kind = TRY(type_of(TRY(body.text("type"))));
  wanted.name = TRY(body.text("name"));
  TRY(take_secrets(body, wanted));
  TRY(deps.credentials->create(ctx, wanted,
                               TRY(body.optional_boolean("succeed_on_existing")).value_or(false)));
  return answer(deps, ctx, 201, wanted);
}

Result<http::Response> list(const GitDeps& deps, const Context& ctx, const http::Request&) {
  JsonWriter json;
  json.begin_array();
  for (const auto& one : TRY(deps.credentials->list(ctx))) write_json(json, one);
  json.end_array();
  return json_response(200, std::move(json));
}

Result<http::Response> edit(const GitDeps& deps, const Context& ctx, const http::Request& request) {
  const auto body = TRY(Fields::read(request, {"username", "password", "key", "passphrase"}));
  build::Credential wanted;
  wanted.kind = TRY(type_of(request.parameter("type")));
  wanted.name = request.parameter("name");
  TRY(take_secrets(body, wanted));
  TRY(deps.credentials->change(ctx, wanted));
  return answer(deps, ctx, 200, wanted);
}

Result<http::Response> remove(const GitDeps& deps, const Context& ctx, const http::Request& request) {
  TRY(deps.credentials->remove(ctx, TRY(type_of(request.parameter("type"))), request.parameter("name")));
  return deleted_response(request.parameter("name"));
}

}  // namespace

void bind_git_credentials(http::Router& router, const GitDeps& deps) {
  router.bind(kCreate, [deps](const auto& ctx, const auto& request) { return create(deps, ctx, request); });
  router.bind(kList, [deps](const auto& ctx, const auto& request) { return list(deps, ctx, request); });
  router.bind(kEdit, [deps](const auto& ctx, const auto& request) { return edit(deps, ctx, request); });
  router.bind(kDelete, [deps](const auto& ctx, const auto& request) { return remove(deps, ctx, request); });
}

}  // namespace granary::api
