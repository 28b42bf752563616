/// Making, listing and revoking of tokens.

#include <algorithm>

#include "api/access_gate.h"
#include "api/admin_json.h"
#include "api/admin_request.h"
#include "api/admin_routes.h"
#include "base/text.h"
#include "base/time_text.h"

namespace granary::api {
namespace {

using http::Access;
using http::Method;

constexpr http::RouteSpec kCreate = {
    "admin.token.create", Method::post, "/__api__/tokens", Access::admin,
    "Make a token; its secret is in this answer only. Body: {scopes, description, "
    "user, expires (20d, 5h, never)}"};
constexpr http::RouteSpec kList = {
    "admin.token.list", Method::get, "/__api__/tokens", Access::admin, "All tokens, without their secrets",
    "expired,revoked"};
constexpr http::RouteSpec kRevoke = {"admin.token.revoke", Method::del, "/__api__/tokens/{guid}",
                                     Access::admin, "Revoke a token by its GUID"};
constexpr http::RouteSpec kRevokeSecret = {"admin.token.revoke_secret", Method::post,
                                           "/__api__/tokens/revoke", Access::admin,
                                           "Revoke a token by its secret. Body: {token}"};
constexpr http::RouteSpec kVerify = {"admin.token.verify", Method::get, "/__api__/verify-auth",
                                     Access::anonymous,
                                     "200 and the scopes when the credentials are good, else 401"};

/// "20d" from now; "never" or nothing: no end.
Result<std::optional<Time>> expiry(const std::optional<std::string>& text, Time now) {
  if (!text || text->empty() || equals_ignore_case(*text, "never")) return std::nullopt;
  const auto duration = parse_duration(*text);
  if (!duration || *duration <= std::chrono::milliseconds(0) ||
      *duration > std::chrono::hours(24 * 365 * 100))
    return fail(Errc::invalid_argument, "'" + text->substr(0, 80) + "' is not a time of life",
                "use for example 20d, 5h or never");
  return now + *duration;
}

/// ?expired=yes|no; absent: both.
Result<bool> wanted(const http::Request& request, std::string_view name, bool is) {
  if (!request.query_value(name)) return true;
  return TRY(query_flag(request, name)) == is;
}

Result<http::Response> create(const AdminDeps& deps, const Context& ctx, const http::Request& request) {
  const auto body = TRY(Fields::read(request, {"scopes", "description", "user", "expires"}));
  auth::TokenInfo info;
  info.scopes = TRY(auth::parse_scopes(join(TRY(body.texts("scopes")), ",")));
  info.description = TRY(body.text("description"));
  info.user = TRY(body.optional_text("user")).value_or("");
  info.expires_at = TRY(expiry(TRY(body.optional_text("expires")), deps.clock->now()));
  const auto made = TRY(deps.tokens->create(ctx, std::move(info)));
  JsonWriter json;
  json.begin_object();
  json.member("token", made.secret);
  json.key("info");
  write_json(json, made.info, deps.clock->now());
  json.end_object();
  return json_response(201, std::move(json));
}

Result<http::Response> list(const AdminDeps& deps, const Context& ctx, const http::Request& request) {
  const Time now = deps.clock->now();
  JsonWriter json;
  json.begin_array();
  for (const auto& token : TRY(deps.tokens->list(ctx))) {
    const bool expired = token.expires_at && *token.expires_at <= now;
    if (!TRY(wanted(request, "expired", expired)) ||
        !TRY(wanted(request, "revoked", token.revoked_at.has_value())))
      continue;
    write_json(json, token, now);
  }
  json.end_array();
  return json_response(200, std::move(json));
}

Result<http::Response> revoke(const AdminDeps& deps, const Context& ctx, std::string_view which) {
  const auto revoked = TRY(deps.tokens->revoke(ctx, which));
  JsonWriter json;
  write_json(json, revoked, deps.clock->now());
  return json_response(200, std::move(json));
}

Result<http::Response> verify(const AdminDeps& deps, const Context& ctx, const http::Request& request) {
  const auto principal = TRY(principal_of(ctx, *deps.tokens, request));
  if (principal.scopes.empty())
    return fail(Errc::unauthenticated, "a token is needed", "send 'Authorization: Bearer <token>'");
  JsonWriter json;
  json.begin_object();
  json.member("description", principal.description);
  json.member("scopes", to_text(principal.scopes));
  json.end_object();
  return json_response(200, std::move(json));
}

}  // namespace

void bind_admin_tokens(http::Router& router, const AdminDeps& deps) {
  router.bind(kCreate, [deps](const auto& ctx, const auto& request) { return create(deps, ctx, request); });
  router.bind(kList, [deps](const auto& ctx, const auto& request) { return list(deps, ctx, request); });
  router.bind(kRevoke, [deps](const auto& ctx, const auto& request) {
    return revoke(deps, ctx, request.parameter("guid"));
  });
  router.bind(kRevokeSecret,
              [deps](const Context& ctx, const http::Request& request) -> Result<http::Response> {
                const auto body = TRY(Fields::read(request, {"token"}));
                return revoke(deps, ctx, TRY(body.text("token")));
              });
  router.bind(kVerify, [deps](const auto& ctx, const auto& request) { return verify(deps, ctx, request); });
}

}  // namespace granary::api
