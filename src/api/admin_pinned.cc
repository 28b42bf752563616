/// Names for one state of each source of a repository: what `granary url create` speaks.

#include "api/admin_json.h"
#include "api/admin_request.h"
#include "api/admin_routes.h"
#include "api/public_url.h"
#include "base/time_text.h"
#include "view/pin_snapshot.h"

namespace granary::api {
namespace {

constexpr http::RouteSpec kPin = {
    "admin.repo.pin", http::Method::post, "/__api__/repos/{repo}/pinned", http::Access::admin,
    "Make a URL that pins each source of a repository. Body: {date, snapshots: [\"source:2024-05-01\", "
    "\"source:17\"], lock, alias}"};

Result<std::pair<std::string, model::SnapshotRef>> parse_wish(const std::string& text) {
  const auto colon = text.find(':');
  const auto ref = colon == std::string::npos ? std::nullopt : model::parse_snapshot(text.substr(colon + 1));
  if (!ref || std::holds_alternative<model::Pinned>(*ref))
    return fail(Errc::invalid_argument, "'" + text.substr(0, 80) + "' is not a source and its snapshot",
                "write source:2024-05-01, source:17 or source:latest");
  return std::pair{text.substr(0, colon), *ref};
}

Result<http::Response> pin(const AdminDeps& deps, const Context& ctx, const http::Request& request) {
  const auto body = TRY(Fields::read(request, {"date", "snapshots", "lock", "alias"}));
  view::PinWish wish;
  wish.repository = request.parameter("repo");
  if (const auto date = TRY(body.optional_text("date"))) {
    wish.day = parse_day(*date);
    if (!wish.day)
      return fail(Errc::invalid_argument, "'" + date->substr(0, 80) + "' is not a day",
                  "write it as 2024-05-01");
  }
  for (const auto& text : TRY(body.texts("snapshots"))) wish.sources.push_back(TRY(parse_wish(text)));
  wish.locked = TRY(body.optional_boolean("lock")).value_or(false);
  wish.alias = TRY(body.optional_boolean("alias")).value_or(true);
  const auto made = TRY(view::pin_snapshot(ctx, *deps.catalog, wish, deps.clock->now()));
  JsonWriter json;
  json.begin_object();
  json.member("repo", made.repository);
  json.member("snapshot", made.snapshot);
  // Over the socket a request has no host of its own: then the path alone.
  const std::string base = request.local && deps.public_url.empty() ? "" : base_url(deps.public_url, request);
  json.member("url", base + "/" + made.repository + "/" + made.snapshot);
  json.member("locked", wish.locked);
  json.end_object();
  return json_response(201, std::move(json));
}

}  // namespace

void bind_admin_pinned(http::Router& router, const AdminDeps& deps) {
  router.bind(kPin, [deps](const auto& ctx, const auto& request) { return pin(deps, ctx, request); });
}

}  // namespace granary::api
