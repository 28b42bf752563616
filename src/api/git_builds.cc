/// What builders built.

#include <map>

#include "api/admin_json.h"
#include "api/admin_request.h"
#include "api/git_routes.h"
#include "base/time_text.h"

namespace granary::api {
namespace {

using http::Access;
using http::Method;

constexpr http::RouteSpec kList = {"git.build.list",
                                   Method::get,
                                   "/__api__/git-builds",
                                   Access::admin,
                                   "Builds, the newest first: of all, of a source, or of its builder name",
                                   "source,name,_limit,_page"};

constexpr std::uint64_t kMostBuilds = 1000;

/// A row that is not ended says what its job says; without one, or after it, nothing will end it.
struct Standing {
  std::string state, error;
};

Result<Standing> standing_of(const GitDeps& deps, const Context& ctx, const build::Build& build) {
  if (build.state == build::Build::State::succeeded) return Standing{"succeeded", build.error};
  const auto job = deps.queue->get(ctx, build.job);
  if (!job && job.error().code() != Errc::not_found) return tl::unexpected(job.error());
  if (build.state == build::Build::State::failed) {
    // A look has ended what the job left.
    const bool cancelled =
        job && job->state == jobs::State::cancelled && build.finished_at >= job->finished_at;
    return Standing{cancelled ? "cancelled" : "failed", build.error};
  }
  if (job && job->state == jobs::State::running) return Standing{"building", build.error};
  if (job && job->state == jobs::State::waiting) return Standing{"waiting", build.error};
  if (job && job->state == jobs::State::cancelled) return Standing{"cancelled", build.error};
  return Standing{"failed", job && build.error.empty() ? job->error : build.error};
}

void write_json(JsonWriter& json, const build::Build& build, const build::Builder* builder,
                std::string_view source, const Standing& standing) {
  json.begin_object();
  json.member("id", build.id);
  json.member("source", source);
  json.member("name", builder != nullptr ? builder->name : std::string());
  json.member("state", standing.state);
  json.member("ref", build::short_ref(build.ref));
  json.member("commit", build.commit);
  json.member("package", build.package);
  json.member("version", build.version);
  json.key("files");
  json.begin_array();
  if (standing.state == "succeeded") {
    for (const auto& file : build.files) json.value(file);
  }
  json.end_array();
  json.key("transaction");
  build.transaction != 0 ? json.value(build.transaction) : json.null();
  json.member("error", standing.error);
  json.member("job", build.job);
  json.member("created", rfc3339(build.created_at));
  json.key("finished");
  build.finished_at ? json.value(rfc3339(*build.finished_at)) : json.null();
  json.end_object();
}

Result<http::Response> list(const GitDeps& deps, const Context& ctx, const http::Request& request) {
  build::BuildFilter filter;
  filter.limit = static_cast<std::int64_t>(TRY(query_count(request, "_limit", 100, kMostBuilds)));
  filter.offset =
      static_cast<std::int64_t>(TRY(query_count(request, "_page", 1, 1'000'000)) - 1) * filter.limit;
  if (const auto source = request.query_value("source"); source && !source->empty())
    filter.source = TRY(git_source(deps, ctx, *source)).id;
  if (const auto name = request.query_value("name"); name && !name->empty()) {
    if (!filter.source)
      return fail(Errc::invalid_argument, "a name without a source says which builder is not meant",
                  "give the source too");
    filter.builder = TRY(deps.builders->find(ctx, *filter.source, *name)).id;
  }
  std::map<std::int64_t, build::Builder> builders;
  for (auto& builder : TRY(deps.builders->list(ctx, filter.source))) builders.emplace(builder.id, builder);
  std::map<model::SourceId, std::string> sources;
  TRY(deps.catalog->read(ctx, [&](catalog::ReadView& view) -> Result<> {
    sources.clear();
    for (const auto& source : TRY(view.sources())) sources.emplace(source.id, source.name);
    return {};
  }));
  JsonWriter json;
  json.begin_array();
  for (const auto& build : TRY(deps.builds->list(ctx, filter))) {
    const auto builder = builders.find(build.builder);
    const auto* known = builder == builders.end() ? nullptr : &builder->second;
    const auto source = known == nullptr ? sources.end() : sources.find(known->source);
    write_json(json, build, known, source == sources.end() ? std::string_view() : source->second,
               TRY(standing_of(deps, ctx, build)));
  }
  json.end_array();
  return json_response(200, std::move(json));
}

}  // namespace

void bind_git_builds(http::Router& router, const GitDeps& deps) {
  router.bind(kList, [deps](const auto& ctx, const auto& request) { return list(deps, ctx, request); });
}

}  // namespace granary::api
