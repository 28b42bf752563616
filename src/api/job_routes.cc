#include "api/job_routes.h"

#include "api/admin_json.h"
#include "api/admin_request.h"
#include "api/job_json.h"
#include "api/job_wait.h"
#include "base/text.h"
#include "catalog/named.h"

namespace granary::api {
namespace {

using http::Access;
using http::Method;

constexpr http::RouteSpec kList = {"jobs.list",
                                   Method::get,
                                   "/__api__/jobs",
                                   Access::admin,
                                   "Jobs, the newest first, of a kind, a state (waiting, running, succeeded, "
                                   "failed, cancelled) or a source; "
                                   "pass the last id as before to go on",
                                   "kind,state,source,_limit,before"};
constexpr http::RouteSpec kSubmit = {"jobs.submit", Method::post, "/__api__/jobs", Access::admin,
                                     "Submit a job. Body: {kind (collect, verify)}. One that waits or runs "
                                     "already is answered instead of a second one"};
constexpr http::RouteSpec kShow = {"jobs.show",
                                   Method::get,
                                   "/__api__/jobs/{job}",
                                   Access::admin,
                                   "One job with the newest lines of its log; with brief=true without",
                                   "brief"};
constexpr http::RouteSpec kCancel = {
    "jobs.cancel", Method::del, "/__api__/jobs/{job}", Access::admin,
    "Cancel a job: at once when it waits; one that runs is told to stop. Its row stays"};
constexpr http::RouteSpec kEvents = {
    "jobs.events", Method::get, "/__api__/jobs/{job}/events", Access::admin,
    "Live progress as server-sent events: job, log and at last end; Last-Event-ID goes on after a line"};

constexpr std::uint64_t kMostJobs = 1000;

Result<std::int64_t> id_of(const http::Request& request) {
  const auto text = request.parameter("job");
  const auto id = parse_unsigned(text);
  if (!id || *id == 0 || *id > static_cast<std::uint64_t>(INT64_MAX))
    return fail(Errc::not_found, "no job has the id '" + std::string(text.substr(0, 80)) + "'",
                "list what there is with: granary list jobs");
  return static_cast<std::int64_t>(*id);
}

Result<http::Response> list(const JobDeps& deps, const Context& ctx, const http::Request& request) {
  jobs::Filter filter;
  filter.kind = request.query_value("kind").value_or("");
  if (const auto state = request.query_value("state"); state && !state->empty()) {
    filter.state = jobs::parse_state(*state);
    if (!filter.state)
      return fail(Errc::invalid_argument, "unknown state '" + state->substr(0, 80) + "'",
                  "use waiting, running, succeeded, failed or cancelled");
  }
  if (const auto source = request.query_value("source"); source && !source->empty())
    filter.source = TRY(catalog::source_named(*deps.catalog, ctx, *source)).id.value;
  filter.limit = static_cast<std::int64_t>(TRY(query_count(request, "_limit", 100, kMostJobs)));
  if (request.query_value("before"))
    filter.before = static_cast<std::int64_t>(TRY(query_count(request, "before", 1, INT64_MAX)));
  const auto found = TRY(deps.queue->list(ctx, filter));
  JsonWriter json;
  json.begin_array();
  for (const auto& job : found) write_json(json, job);
  json.end_array();
  return json_response(200, std::move(json));
}

Result<http::Response> submit(const JobDeps& deps, const Context& ctx, const http::Request& request) {
  const auto body = TRY(Fields::read(request, {"kind"}));
  const auto kind = TRY(body.text("kind"));
  std::vector<std::string> kinds;
  for (const auto& spec : deps.submittable) {
    kinds.push_back(spec.kind);
    if (spec.kind != kind) continue;
    return submit_job(ctx, *deps.queue, spec);
  }
  return fail(Errc::invalid_argument, "no job of the kind '" + kind.substr(0, 80) + "' can be submitted",
              "use " + join(kinds, " or "));
}

Result<http::Response> show(const JobDeps& deps, const Context& ctx, const http::Request& request) {
  const auto job = TRY(deps.queue->get(ctx, TRY(id_of(request))));
  std::vector<jobs::LogLine> lines;
  if (!TRY(query_flag(request, "brief"))) lines = TRY(deps.queue->log(ctx, job.id, 0, jobs::kKeptLogLines));
  JsonWriter json;
  json.begin_object();
  write_members(json, job);
  json.key("log");
  json.begin_array();
  for (const auto& line : lines) write_json(json, line);
  json.end_array();
  json.end_object();
  return json_response(200, std::move(json));
}

Result<http::Response> cancel(const JobDeps& deps, const Context& ctx, const http::Request& request) {
  const auto id = TRY(id_of(request));
  TRY(deps.queue->cancel(ctx, id));
  const auto job = TRY(deps.queue->get(ctx, id));
  JsonWriter json;
  write_json(json, job);
  return json_response(200, std::move(json));
}

Result<http::Response> events(const JobDeps& deps, const Context& ctx, const http::Request& request) {
  const auto id = TRY(id_of(request));
  const auto after = parse_unsigned(request.header("Last-Event-ID")).value_or(0);
  http::Response response;
  auto file =
      TRY(deps.events->watch(ctx, id, static_cast<std::int64_t>(std::min<std::uint64_t>(after, INT64_MAX))));
  response.with("Content-Type", "text/event-stream").with("Cache-Control", "no-store");
  response.with("X-Accel-Buffering", "no");  // nginx would hold the events back
  response.body = http::GrowingBody{std::move(file)};
  return response;
}

}  // namespace

void bind_jobs(http::Router& router, const JobDeps& deps) {
  router.bind(kList, [deps](const auto& ctx, const auto& request) { return list(deps, ctx, request); });
  router.bind(kSubmit, [deps](const auto& ctx, const auto& request) { return submit(deps, ctx, request); });
  router.bind(kShow, [deps](const auto& ctx, const auto& request) { return show(deps, ctx, request); });
  router.bind(kCancel, [deps](const auto& ctx, const auto& request) { return cancel(deps, ctx, request); });
  router.bind(kEvents, [deps](const auto& ctx, const auto& request) { return events(deps, ctx, request); });
}

}  // namespace granary::api
