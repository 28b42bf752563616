#include "api/python_pages.h"

#include <algorithm>

#include "api/cache_rules.h"
#include "api/content_coding.h"
#include "api/public_url.h"
#include "api/python_routes.h"
#include "api/snapshot_request.h"
#include "base/text.h"
#include "python/name.h"
#include "python/negotiate.h"
#include "python/pypi_json.h"
#include "python/simple.h"

namespace granary::api {
namespace {

using python::SimpleForm;

/// From /{repo}/{snapshot}/simple/{project}/.
constexpr std::string_view kFilesFromProject = "../../packages/";
constexpr std::string_view kProvenanceFromProject = "../../integrity/";

/// The number of the newest transaction that the snapshot shows.
std::int64_t serial_of(const view::Snapshot& snapshot) {
  std::int64_t serial = 0;
  for (const auto& pin : snapshot.pins) serial = std::max(serial, pin.at.value);
  return serial;
}

/// That of the project itself, so that its page stays the same bytes when another project changes.
std::int64_t serial_of(const std::vector<model::FileRecord>& files) {
  std::int64_t serial = 0;
  for (const auto& file : files) serial = std::max(serial, file.added_in.value);
  return serial;
}

Result<SimpleForm> requested_form(const http::Request& request) {
  if (!request.query().empty()) {
    if (const auto format = request.query_value("format")) return python::parse_format(*format);
  }
  return python::negotiate(request.header("Accept"));
}

/// Pages of `latest` are kept but asked about again each time: pip, which honours max-age, sees an upload at
/// once, and a 304 costs next to nothing.
/// `whole`: of the repository, not narrowed to a project. Mirrors of us compare its serial with that of the
/// list: a page that is older is stale to them.
void label(http::Response& response, const view::Snapshot& snapshot, std::int64_t serial) {
  const std::string sharing = snapshot.repository->authenticated ? "private" : "public";
  response.with("Cache-Control",
                snapshot.settled ? cache_control(snapshot, Changes::rarely) : sharing + ", no-cache");
  response.with("X-PyPI-Last-Serial", std::to_string(serial));
}

http::Response simple_response(const http::Request& request, const view::Snapshot& snapshot,
                               const view::Rendered& body, SimpleForm form, std::int64_t serial) {
  auto response = rendered_response(request, body, std::string(python::content_type_of(form)));
  std::erase_if(response.headers, [](const http::Header& header) { return header.name == "Vary"; });
  response.with("Vary", "Accept, Accept-Encoding");
  label(response, snapshot, serial);
  keep_hot(response, snapshot);
  return response;
}

/// "https://host/repo/latest/": what the pages of a snapshot lie below; empty without a host.
std::string snapshot_url(std::string_view public_url, const http::Request& request) {
  const auto base = base_url(public_url, request);
  const std::pair<std::string_view, std::string_view> place[] = {{"repo", request.parameter("repo")},
                                                                 {"snapshot", request.parameter("snapshot")}};
  const std::string list = http::url_for(kSimpleList, place);
  return base + list.substr(0, list.size() - std::string_view("simple/").size());
}

http::Response no_project(const view::Snapshot& snapshot, std::string_view project) {
  return missing(
      snapshot,
      "repository '" + snapshot.repository->name + "' has no project '" + std::string(project) + "'",
      "simple/ lists its projects; a project appears with its first upload");
}

}  // namespace

Result<std::shared_ptr<const view::Rendered>> rendered_list(view::Views& views, const Context& ctx,
                                                            const view::Snapshot& snapshot, SimpleForm form) {
  const bool json = form == SimpleForm::json;
  return views.rendered_index(
      ctx, snapshot, json ? "simple.json" : "simple.html", true, [&]() -> Result<view::Index> {
        const auto names = TRY(views.names(ctx, snapshot));
        const python::ProjectList list{[&](const auto& each) { names.for_each(each); }, serial_of(snapshot)};
        return view::Index{json ? python::simple_list_json(list) : python::simple_list_html(list)};
      });
}

Result<http::Response> simple_list(const PythonDependencies& dependencies, const Context& ctx,
                                   const http::Request& request) {
  auto& views = *dependencies.views;
  const auto snapshot = TRY(requested_snapshot(ctx, views, request, model::Ecosystem::python));
  const auto form = TRY(requested_form(request));
  return simple_response(request, snapshot, *TRY(rendered_list(views, ctx, snapshot, form)), form,
                         serial_of(snapshot));
}

Result<http::Response> simple_project(const PythonDependencies& dependencies, const Context& ctx,
                                      const http::Request& request) {
  auto& views = *dependencies.views;
  const auto project = request.parameter("project");
  if (!python::is_normalized_name(project) && python::is_valid_name(project)) return simple_redirect(request);
  auto snapshot = TRY(requested_snapshot(ctx, views, request, model::Ecosystem::python));
  if (!python::is_valid_name(project)) return no_project(snapshot, project.substr(0, 80));
  const auto serial = serial_of(snapshot);
  const auto whole = snapshot.fresh;
  snapshot = TRY(views.project(ctx, snapshot, project));
  const auto form = TRY(requested_form(request));
  const bool json = form == SimpleForm::json;
  std::string key = (json ? "simple.json/" : "simple.html/") + std::string(project);
  // Absolute where the settings say where we are: then the body is of this address of the snapshot.
  std::string provenance(kProvenanceFromProject);
  if (const bool mirrored = !snapshot.pins.empty() && model::is_mirror(snapshot.pins.front().type);
      mirrored && !dependencies.public_url.empty()) {
    provenance = snapshot_url(dependencies.public_url, request) + "integrity/";
    key += '@' + std::string(request.parameter("snapshot"));
  }
  const auto body = views.rendered(ctx, snapshot, key, true, [&]() -> Result<std::string> {
    const auto content = TRY(views.content(ctx, snapshot, project));
    if (content.files.empty()) return fail(Errc::not_found, "no such project");
    const python::ProjectPage page{.name = project,
                                   .files = content.files,
                                   .files_prefix = kFilesFromProject,
                                   .last_serial = content.serial,
                                   .provenance_prefix = provenance,
                                   .status = content.status,
                                   .status_reason = content.status_reason};
    return json ? python::simple_project_json(page) : python::simple_project_html(page);
  });
  if (body) {
    snapshot.fresh = snapshot.fresh.with(whole);  // the serial is that of the repository
    return simple_response(request, snapshot, **body, form, serial);
  }
  if (body.error().code() == Errc::not_found) return no_project(snapshot, project);
  return tl::unexpected(body.error());
}

Result<http::Response> simple_redirect(const http::Request& request) {
  const auto project = request.parameter("project");
  const bool has_slash = request.path().ends_with('/');
  std::string location = "simple/";
  if (!project.empty()) {
    if (!python::is_valid_name(project))
      return fail(Errc::not_found, "that is not the name of a project",
                  "simple/ lists the projects of the repository");
    location = (has_slash ? "../" : "") + python::normalize_name(project) + "/";
  }
  if (!request.query().empty()) location += "?" + std::string(request.query());
  auto response = http::redirect(301, std::move(location));
  response.with("Cache-Control", "no-cache");
  return response;
}

Result<http::Response> pypi_project(const PythonDependencies& dependencies, const Context& ctx,
                                    const http::Request& request) {
  auto& views = *dependencies.views;
  auto snapshot = TRY(requested_snapshot(ctx, views, request, model::Ecosystem::python));
  const auto shown = request.parameter("project");
  if (!python::is_valid_name(shown)) return no_project(snapshot, shown.substr(0, 80));
  const std::string project = python::normalize_name(shown);
  const auto serial = serial_of(snapshot);
  const auto whole = snapshot.fresh;
  snapshot = TRY(views.project(ctx, snapshot, project));
  std::optional<std::string_view> version;
  if (const auto given = request.parameter("version"); !given.empty()) version = given;

  const std::string above = snapshot_url(dependencies.public_url, request);
  const std::string simple = above + "simple/", files_prefix = above + "packages/";
  const auto render = [&]() -> Result<std::string> {
    const auto files = TRY(views.files(ctx, snapshot, project));
    auto text = python::pypi_json({project, files, files_prefix, simple, serial_of(files)}, version);
    if (!text) return fail(Errc::not_found, "no such project or version");
    return std::move(*text);
  };

  Result<std::shared_ptr<const view::Rendered>> body;
  if (dependencies.public_url.empty()) {
    // The Host of a request must not choose what others get: nothing is kept.
    auto text = render();
    if (text) {
      body = std::make_shared<const view::Rendered>(std::move(*text), false);
    } else {
      body = tl::unexpected(std::move(text).error());
    }
  } else {
    const std::string key = "pypi/" + project + "/" + std::string(version.value_or(""));
    body = views.rendered(ctx, snapshot, key, true, render);
  }
  if (!body) {
    if (body.error().code() != Errc::not_found) return tl::unexpected(body.error());
    if (!version) return no_project(snapshot, project);
    return missing(snapshot,
                   "there is no version '" + std::string(version->substr(0, 80)) + "' of '" + project + "'",
                   "pypi/" + project + "/json lists the versions");
  }
  auto response = rendered_response(request, **body, "application/json");
  label(response, snapshot, serial);
  snapshot.fresh = snapshot.fresh.with(whole);  // the serial is that of the repository
  if (!dependencies.public_url.empty()) keep_hot(response, snapshot);
  return response;
}

}  // namespace granary::api
