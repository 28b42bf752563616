/// Keeping of builders, and ordering of builds.

#include "api/admin_json.h"
#include "api/admin_request.h"
#include "api/git_routes.h"
#include "api/job_json.h"
#include "base/time_text.h"
#include "catalog/named.h"

namespace granary::api {
namespace {

using http::Access;
using http::Method;

constexpr http::RouteSpec kCreate = {
    "git.builder.create", Method::post, "/__api__/sources/{source}/git-builders", Access::admin,
    "Make a builder in a source of type git or git-python, which builds what the repository has now. Body: "
    "{url, name, branch, build_trigger (commits, tags), credential, sub_dir, recurse_submodules, clone_depth "
    "(0: all)}. The answer holds the job"};
constexpr http::RouteSpec kList = {"git.builder.list",
                                   Method::get,
                                   "/__api__/git-builders",
                                   Access::admin,
                                   "Builders, all or those of a source",
                                   "source"};
constexpr http::RouteSpec kShow = {"git.builder.show", Method::get,
                                   "/__api__/sources/{source}/git-builders/{builder}", Access::admin,
                                   "One builder"};
constexpr http::RouteSpec kEdit = {"git.builder.edit", Method::patch,
                                   "/__api__/sources/{source}/git-builders/{builder}", Access::admin,
                                   "Change a builder. Body: {url, branch, credential, sub_dir (empty: none), "
                                   "recurse_submodules, clone_depth}"};
constexpr http::RouteSpec kDelete = {"git.builder.delete", Method::del,
                                     "/__api__/sources/{source}/git-builders/{builder}", Access::admin,
                                     "Delete a builder; the packages that it built stay"};
constexpr http::RouteSpec kRun = {"git.builder.run", Method::post,
                                  "/__api__/sources/{source}/git-builders/{builder}/run", Access::admin,
                                  "Look for new commits or tags now, and build them: the job"};
constexpr http::RouteSpec kRerun = {
    "git.builder.rerun", Method::post, "/__api__/sources/{source}/git-builders/{builder}/rerun",
    Access::admin,
    "Build again what was built last, or a tag or a commit. Body: {tag or commit_sha}: the job"};

constexpr std::uint64_t kMost = 1'000'000;

void write_members(JsonWriter& json, const build::Builder& builder, std::string_view source) {
  json.member("id", builder.id);
  json.member("name", builder.name);
  json.member("source", source);
  json.member("url", builder.url);
  json.member("branch", builder.branch);
  json.member("build_trigger", name_of(builder.trigger));
  json.member("credential", builder.credential);
  json.member("sub_dir", builder.sub_dir);
  json.member("recurse_submodules", builder.submodules);
  json.member("clone_depth", builder.clone_depth);
  json.member("package", builder.package);
  json.member("commit", builder.head);
  json.member("problem", builder.problem);
  json.key("looked_at");
  builder.looked_at ? json.value(rfc3339(*builder.looked_at)) : json.null();
  json.member("created", rfc3339(builder.created_at));
}

http::Response answer(int status, const build::Builder& builder, std::string_view source,
                      const jobs::Job* job = nullptr) {
  JsonWriter json;
  json.begin_object();
  write_members(json, builder, source);
  if (job != nullptr) {
    json.key("job");
    write_json(json, *job);
  }
  json.end_object();
  return json_response(status, std::move(json));
}

http::Response answer(const jobs::Job& job) {
  JsonWriter json;
  write_json(json, job);
  return json_response(202, std::move(json));
}

Result<> check_credential(const GitDeps& deps, const Context& ctx, const build::Builder& builder) {
  if (builder.credential.empty()) return {};
  return deps.credentials->check_exists(ctx, TRY(build::check(builder)), builder.credential);
}

Result<http::Response> create(const GitDeps& deps, const Context& ctx, const http::Request& request) {
  const auto body = TRY(Fields::read(request, {"url", "name", "branch", "build_trigger", "credential",
                                               "sub_dir", "recurse_submodules", "clone_depth"}));
  const auto source = TRY(git_source(deps, ctx, request.parameter("source")));
  build::Builder builder;
  builder.source = source.id;
  builder.url = TRY(body.text("url"));
  builder.branch = TRY(body.optional_text("branch")).value_or("");
  builder.credential = TRY(body.optional_text("credential")).value_or("");
  builder.sub_dir = TRY(body.optional_text("sub_dir")).value_or("");
  builder.submodules =
      static_cast<std::int64_t>(TRY(body.optional_count("recurse_submodules", kMost, 0)).value_or(0));
  builder.clone_depth =
      static_cast<std::int64_t>(TRY(body.optional_count("clone_depth", kMost, 0)).value_or(1));
  const auto name = TRY(body.optional_text("name"));
  if (!name && source.type == model::SourceType::git_python)
    return fail(Errc::invalid_argument, "a builder of Python packages needs a name",
                "give it that of the package: --name");
  builder.name = name ? *name : build::default_name(builder.url, builder.sub_dir);
  const auto trigger = TRY(body.optional_text("build_trigger")).value_or("commits");
  const auto parsed = build::parse_trigger(trigger);
  if (!parsed)
    return fail(Errc::invalid_argument, "unknown build trigger '" + trigger.substr(0, 80) + "'",
                "use commits or tags");
  builder.trigger = *parsed;
  TRY(check_credential(deps, ctx, builder));
  const auto made = TRY(deps.builders->create(ctx, builder));
  const auto job = TRY(deps.queue->get(ctx, made.job));
  return answer(201, made.builder, source.name, &job);
}

Result<http::Response> list(const GitDeps& deps, const Context& ctx, const http::Request& request) {
  std::optional<model::SourceId> only;
  if (const auto name = request.query_value("source"); name && !name->empty())
    only = TRY(git_source(deps, ctx, *name)).id;
  std::vector<model::Source> sources;
  TRY(deps.catalog->read(ctx, [&](catalog::ReadView& view) -> Result<> {
    sources = TRY(view.sources());
    return {};
  }));
  JsonWriter json;
  json.begin_array();
  for (const auto& builder : TRY(deps.builders->list(ctx, only))) {
    const auto source = std::find_if(sources.begin(), sources.end(),
                                     [&](const model::Source& one) { return one.id == builder.source; });
    json.begin_object();
    write_members(json, builder, source == sources.end() ? std::string_view() : source->name);
    json.end_object();
  }
  json.end_array();
  return json_response(200, std::move(json));
}

Result<http::Response> show(const GitDeps& deps, const Context& ctx, const http::Request& request) {
  const auto source = TRY(git_source(deps, ctx, request.parameter("source")));
  return answer(200, TRY(deps.builders->find(ctx, source.id, request.parameter("builder"))), source.name);
}

Result<http::Response> edit(const GitDeps& deps, const Context& ctx, const http::Request& request) {
  const auto body = TRY(
      Fields::read(request, {"url", "branch", "credential", "sub_dir", "recurse_submodules", "clone_depth"}));
  const auto source = TRY(git_source(deps, ctx, request.parameter("source")));
  build::BuilderChange change;
  change.url = TRY(body.optional_text("url"));
  change.branch = TRY(body.optional_text("branch"));
  change.credential = TRY(body.optional_text("credential"));
  change.sub_dir = TRY(body.optional_text("sub_dir"));
  const auto number = [](std::optional<std::uint64_t> value) -> std::optional<std::int64_t> {
    if (!value) return std::nullopt;
    return static_cast<std::int64_t>(*value);
  };
  change.submodules = number(TRY(body.optional_count("recurse_submodules", kMost, 0)));
  change.clone_depth = number(TRY(body.optional_count("clone_depth", kMost, 0)));
  auto wanted = TRY(deps.builders->find(ctx, source.id, request.parameter("builder")));
  if (change.url) wanted.url = *change.url;
  if (change.credential) wanted.credential = *change.credential;
  TRY(check_credential(deps, ctx, wanted));
  return answer(200, TRY(deps.builders->edit(ctx, source.id, wanted.name, change)), source.name);
}

Result<http::Response> remove(const GitDeps& deps, const Context& ctx, const http::Request& request) {
  const auto source = TRY(git_source(deps, ctx, request.parameter("source")));
  TRY(deps.builders->remove(ctx, source.id, request.parameter("builder")));
  return deleted_response(request.parameter("builder"));
}

Result<http::Response> order(const GitDeps& deps, const Context& ctx, const http::Request& request,
                             build::Order wanted) {
  const auto source = TRY(git_source(deps, ctx, request.parameter("source")));
  const auto builder = TRY(deps.builders->find(ctx, source.id, request.parameter("builder")));
  wanted.builder = builder.id;
  return answer(TRY(deps.queue->get(ctx, TRY(deps.builders->order(ctx, builder, wanted)))));
}

Result<http::Response> rerun(const GitDeps& deps, const Context& ctx, const http::Request& request) {
  const auto body = TRY(Fields::read(request, {"tag", "commit_sha"}));
  build::Order wanted;
  wanted.tag = TRY(body.optional_text("tag")).value_or("");
  wanted.commit = TRY(body.optional_text("commit_sha")).value_or("");
  wanted.again = wanted.tag.empty() && wanted.commit.empty();
  if (!wanted.tag.empty() && !wanted.commit.empty())
    return fail(Errc::invalid_argument, "give a tag or a commit, not both", "a tag names a commit");
  return order(deps, ctx, request, std::move(wanted));
}

}  // namespace

Result<model::Source> git_source(const GitDeps& deps, const Context& ctx, std::string_view name_or_id) {
  auto found = TRY(catalog::source_named(*deps.catalog, ctx, name_or_id));
  if (model::is_built(found.type)) return found;
  return fail(
      Errc::invalid_argument,
      "the source '" + found.name + "' of type " + std::string(name_of(found.type)) + " has no builders",
      "make one that has: granary create source --type git, or git-python");
}

void bind_git_builders(http::Router& router, const GitDeps& deps) {
  router.bind(kCreate, [deps](const auto& ctx, const auto& request) { return create(deps, ctx, request); });
  router.bind(kList, [deps](const auto& ctx, const auto& request) { return list(deps, ctx, request); });
  router.bind(kShow, [deps](const auto& ctx, const auto& request) { return show(deps, ctx, request); });
  router.bind(kEdit, [deps](const auto& ctx, const auto& request) { return edit(deps, ctx, request); });
  router.bind(kDelete, [deps](const auto& ctx, const auto& request) { return remove(deps, ctx, request); });
  router.bind(kRun, [deps](const auto& ctx, const auto& request) { return order(deps, ctx, request, {}); });
  router.bind(kRerun, [deps](const auto& ctx, const auto& request) { return rerun(deps, ctx, request); });
}

void bind_git(http::Router& router, const GitDeps& deps) {
  bind_git_builders(router, deps);
  bind_git_builds(router, deps);
  bind_git_credentials(router, deps);
}

}  // namespace granary::api
