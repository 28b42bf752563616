#pragma once
/// Who may call which route: the http::Gate of the server, and the way for a handler to learn who calls.
///
/// The unix socket admits everything: its file permission is the right to administer. Over the network a
/// token is needed, but for anonymous routes and for reading repositories that are not authenticated.

#include <memory>

#include "auth/auth.h"
#include "http/route.h"
#include "view/views.h"

namespace granary::api {

/// Absent or wrong credentials are Errc::unauthenticated (401 with WWW-Authenticate), good ones without the
/// scope Errc::permission_denied (403). A repository that does not exist passes: the handler answers 404.
/// `tokens_accepted` false ([Authentication] APITokenAuth): no token is good over the network.
http::Gate make_access_gate(std::shared_ptr<auth::Tokens>, std::shared_ptr<view::Views>,
                            bool tokens_accepted = true);

/// Who sent the request, for transactions and logs. Without credentials: "anonymous", who may do nothing.
/// Cheap: what the gate verified is remembered.
Result<auth::Principal> principal_of(const Context&, auth::Tokens&, const http::Request&);

}  // namespace granary::api
