/// Keeping of sources that have an upstream.

#include "api/admin_json.h"
#include "api/admin_request.h"
#include "api/admin_routes.h"
#include "api/job_json.h"
#include "api/job_wait.h"
#include "api/package_choice.h"
#include "base/text.h"
#include "base/time_text.h"
#include "catalog/named.h"
#include "mirror/fetch_job.h"
#include "mirror/sync_job.h"
#include "net/url.h"
#include "python/requirement.h"
#include "r/names.h"
#include "r/renv_lock.h"

namespace granary::api {
namespace {

using http::Access;
using http::Method;

constexpr http::RouteSpec kSync = {
    "admin.source.sync",
    Method::post,
    "/__api__/sources/{source}/sync",
    Access::admin,
    "Bring what is known of the upstream up to date: submits the job, or "
    "gives the one that waits or runs already; with "
    "wait=true answers when it is done, or its attempt has failed; with crawl=true the pages of "
    "all projects of an index are fetched afterwards, by a job of the kind crawl",
    "wait,crawl"};
constexpr http::RouteSpec kFetch = {
    "admin.source.fetch",
    Method::post,
    "/__api__/sources/{source}/fetch",
    Access::admin,
    "Fetch files before somebody asks for them: submits the job, or gives the one of the same order that "
    "waits "
    "or runs; with wait=true answers when it is done, or its attempt has failed. Body: {all, or packages; "
    "constraints, newest, dependencies, dates, latest, trees, python, platforms, dryrun, also: further "
    "sources, asked for what this one has not}",
    "wait"};
constexpr http::RouteSpec kInfo = {"admin.source.mirror", Method::get, "/__api__/sources/{source}/mirror",
                                   Access::admin,
                                   "The upstream, the last synchronisation, what went wrong, the files held"};
constexpr http::RouteSpec kEvict = {
    "admin.source.evict",
    Method::post,
    "/__api__/sources/{source}/evict",
    Access::admin,
    "Let fetched files go: those not used for a time, of a package, or the least recently used down to a "
    "size; without "
    "any of these all. They are fetched again when somebody asks; gc gives the space back",
    "unused,package,to_size,dryrun,lost"};
constexpr http::RouteSpec kClear = {
    "admin.source.clear",
    Method::post,
    "/__api__/sources/{source}/clear",
    Access::admin,
    "Forget everything that is known of the upstream. Must be confirmed by confirm=true",
    "confirm"};

Result<model::Source> source_of(const AdminDeps& deps, const Context& ctx, const http::Request& request) {
  return catalog::source_named(*deps.catalog, ctx, request.parameter("source"));
}

Result<model::SourceId> mirror_of(const AdminDeps& deps, const Context& ctx, const http::Request& request) {
  const auto source = TRY(source_of(deps, ctx, request));
  if (deps.mirrors && deps.queue && model::is_mirror(source.type)) return source.id;
  return fail(
      Errc::invalid_argument,
      "the source '" + source.name + "' of type " + std::string(name_of(source.type)) + " has no upstream",
      "only sources of type cran, bioconductor and pypi have one");
}

Result<http::Response> sync(const AdminDeps& deps, const Context& ctx, const http::Request& request) {
  const bool wait = TRY(query_flag(request, "wait"));
  const bool crawl = TRY(query_flag(request, "crawl"));
  const auto source = TRY(mirror_of(deps, ctx, request));
  if (mirror::is_offline(TRY(source_of(deps, ctx, request))))
    return fail(Errc::unsupported, "the source is offline: it has no upstream",
                "bring it up to date with: granary import");
  if (crawl) TRY(deps.mirrors->want_crawl(ctx, source));
  return submit_job(ctx, *deps.queue, mirror::sync_job(source), wait);
}

/// A name that cannot be one is refused now, and not by the job.
Result<> check_packages(const model::Source& source, const mirror::FetchOrder& order) {
  if (order.all == !order.packages.empty())
    return fail(Errc::invalid_argument, "say what to fetch: everything, or some packages",
                "send either {\"all\": true} or {\"packages\": [...]}");
  if (source.type == model::SourceType::pypi) {
    for (const auto& list : {order.packages, order.constraints}) {
      for (const auto& text : list) TRY(python::parse_requirement(text));
    }
    return {};
  }
  for (const auto& text : order.packages) {
    if (!r::is_package_name(r::parse_pinned(text).name))
      return fail(Errc::invalid_argument, "'" + text.substr(0, 100) + "' is no package of R",
                  "write it as R6, or R6@2.5.1 for one version");
  }
  return {};
}

Result<http::Response> fetch(const AdminDeps& deps, const Context& ctx, const http::Request& request) {
  const bool wait = TRY(query_flag(request, "wait"));
  const auto id = TRY(mirror_of(deps, ctx, request));
  const auto source = TRY(source_of(deps, ctx, request));
  if (mirror::is_offline(source))
    return fail(Errc::unsupported, "the source is offline: it has no upstream",
                "bring files in with: granary import");
  const auto body =
      TRY(Fields::read(request, {"all", "packages", "constraints", "newest", "dependencies", "dates",
                                 "latest", "trees", "python", "platforms", "dryrun", "also"}));
  auto order = TRY(read_choice(body));
  order.all = TRY(body.optional_boolean("all")).value_or(false);
  order.dry_run = TRY(body.optional_boolean("dryrun")).value_or(false);
  order.sources = {source.name};
  for (auto& name : TRY(body.texts("also"))) order.sources.push_back(std::move(name));
  TRY(check_packages(source, order));
  TRY(selection_of(*deps.catalog, ctx, order));
  const auto spec = mirror::fetch_job(order, id, true);
  if (spec.arguments.size() > jobs::kLongestArguments)
    return fail(Errc::too_large, "so many packages are too many for one order",
                "fetch them in several parts");
  return submit_job(ctx, *deps.queue, spec, wait);
}

Result<http::Response> info(const AdminDeps& deps, const Context& ctx, const http::Request& request) {
  const auto source = TRY(mirror_of(deps, ctx, request));
  const auto found = TRY(deps.mirrors->info(ctx, source));
  JsonWriter json;
  json.begin_object();
  json.member("name", request.parameter("source"));
  json.member("url", net::printable_url(found.url));
  json.member("synced_at", found.synced_at);
  json.member("problem", found.problem);
  json.member("file_problem", found.file_problem);
  json.member("page_problem", found.page_problem);
  json.member("last_fetch", found.last_fetch);
  json.member("held_files", found.held_files);
  json.member("held_bytes", found.held_bytes);
  json.member("undescribed", found.undescribed);
  json.key("next_sync");
  found.next_sync ? json.value(rfc3339(*found.next_sync)) : json.null();
  json.key("jobs");
  json.begin_array();
  for (const auto& job : found.jobs) write_json(json, job);
  json.end_array();
  json.end_object();
  return json_response(200, std::move(json));
}

/// "10GB", "500MB": powers of 1,000; or bytes.
std::optional<std::uint64_t> parse_size(std::string_view text) {
  std::uint64_t unit = 1;
  for (const auto& [suffix, bytes] : {std::pair<std::string_view, std::uint64_t>{"KB", 1'000},
                                      {"MB", 1'000'000},
                                      {"GB", 1'000'000'000},
                                      {"TB", 1'000'000'000'000}}) {
    if (text.size() <= suffix.size() || !equals_ignore_case(text.substr(text.size() - suffix.size()), suffix))
      continue;
    text.remove_suffix(suffix.size());
    unit = bytes;
    break;
  }
  const auto count = parse_unsigned(text);
  if (!count || *count > UINT64_MAX / unit) return std::nullopt;
  return *count * unit;
}

Result<http::Response> evict(const AdminDeps& deps, const Context& ctx, const http::Request& request) {
  mirror::Eviction which;
  which.dry_run = TRY(query_flag(request, "dryrun"));
  which.package = request.query_value("package").value_or("");
  if (const auto unused = TRY(query_duration(request, "unused")))
    which.unused = std::chrono::ceil<std::chrono::seconds>(*unused);
  if (const auto size = request.query_value("to_size")) {
    which.to_size = parse_size(*size);
    if (!which.to_size)
      return fail(Errc::invalid_argument, "'" + size->substr(0, 80) + "' is not a size",
                  "write it as 10GB or 500MB");
  }
  const auto source = TRY(mirror_of(deps, ctx, request));
  which.lost = TRY(query_flag(request, "lost"));
  const auto done = TRY(deps.mirrors->evict(ctx, source, which));
  JsonWriter json;
  json.begin_object();
  json.member("dryrun", which.dry_run);
  json.member("files", done.files);
  json.member("bytes", done.bytes);
  json.member("kept", done.kept);
  json.member("kept_bytes", done.kept_bytes);
  json.member("lost", done.lost);
  json.end_object();
  return json_response(200, std::move(json));
}

Result<http::Response> clear(const AdminDeps& deps, const Context& ctx, const http::Request& request) {
  if (!TRY(query_flag(request, "confirm")))
    return fail(Errc::invalid_argument, "everything that is known of the upstream would be forgotten",
                "say so with: --confirm");
  const auto source = TRY(mirror_of(deps, ctx, request));
  TRY(deps.mirrors->clear(ctx, source));
  return deleted_response(request.parameter("source"));
}

}  // namespace

void bind_admin_mirrors(http::Router& router, const AdminDeps& deps) {
  router.bind(kSync, [deps](const auto& ctx, const auto& request) { return sync(deps, ctx, request); });
  router.bind(kFetch, [deps](const auto& ctx, const auto& request) { return fetch(deps, ctx, request); });
  router.bind(kInfo, [deps](const auto& ctx, const auto& request) { return info(deps, ctx, request); });
  router.bind(kEvict, [deps](const auto& ctx, const auto& request) { return evict(deps, ctx, request); });
  router.bind(kClear, [deps](const auto& ctx, const auto& request) { return clear(deps, ctx, request); });
}

}  // namespace granary::api
