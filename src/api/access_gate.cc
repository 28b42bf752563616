#include "api/access_gate.h"

#include <fmt/format.h>

namespace granary::api {
namespace {

tl::unexpected<Error> lacks(const auth::Principal& principal, std::string scope) {
  return fail(Errc::permission_denied,
              fmt::format("the token '{}' lacks the scope {}", principal.description, scope),
              "ask an administrator for a token with that scope");
}

/// The principal, who must have shown a good token.
Result<auth::Principal> authenticate(const Context& ctx, auth::Tokens& tokens, bool tokens_accepted,
                                     const http::Request& request) {
  if (!tokens_accepted)
    return fail(Errc::unauthenticated, "this server accepts no tokens",
                "use the unix socket on the server, or set [Authentication] APITokenAuth = true");
  const auto secret = TRY(auth::secret_of(request.header("Authorization")));
  if (!secret)
    return fail(
        Errc::unauthenticated, "a token is needed",
        "send 'Authorization: Bearer <token>', or Basic with the user __token__ and the token as password");
  return tokens.verify(ctx, *secret);
}

Result<> admit_read(const Context& ctx, auth::Tokens& tokens, view::Views& views, bool tokens_accepted,
                    const http::Request& request) {
  const auto repository = TRY(views.repository(ctx, request.parameter("repo")));
  if (!repository || !repository->authenticated) return {};
  const auto principal = TRY(authenticate(ctx, tokens, tokens_accepted, request));
  if (!principal.may_read(repository->name)) return lacks(principal, "repos:read:" + repository->name);
  return {};
}

}  // namespace

http::Gate make_access_gate(std::shared_ptr<auth::Tokens> tokens, std::shared_ptr<view::Views> views,
                            bool tokens_accepted) {
  return [tokens = std::move(tokens), views = std::move(views), tokens_accepted](
             const Context& ctx, const http::RouteSpec& route, const http::Request& request) -> Result<> {
    if (request.local) return {};
    switch (route.access) {
      case http::Access::anonymous:
        return {};
      case http::Access::read:
        return admit_read(ctx, *tokens, *views, tokens_accepted, request);
      case http::Access::publish: {
        const auto principal = TRY(authenticate(ctx, *tokens, tokens_accepted, request));
        const auto source = request.parameter("source");
        if (!principal.may_publish(source)) return lacks(principal, fmt::format("sources:write:{}", source));
        return {};
      }
      case http::Access::admin: {
        const auto principal = TRY(authenticate(ctx, *tokens, tokens_accepted, request));
        if (!principal.may_admin()) return lacks(principal, "global:admin");
        return {};
      }
    }
    return fail(Errc::internal, "the route has no access rule");
  };
}

Result<auth::Principal> principal_of(const Context& ctx, auth::Tokens& tokens, const http::Request& request) {
  if (request.local) return auth::local_principal();
  const auto secret = TRY(auth::secret_of(request.header("Authorization")));
  if (!secret) return auth::Principal{"anonymous", {}, {}};
  return tokens.verify(ctx, *secret);
}

}  // namespace granary::api
