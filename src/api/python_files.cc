#include "api/python_files.h"

#include <optional>
#include <string>
#include <vector>

#include "api/blob_answer.h"
#include "api/cache_rules.h"
#include "api/snapshot_request.h"
#include "api/store_redirect.h"
#include "base/text.h"
#include "python/filename.h"
#include "python/name.h"

namespace granary::api {
namespace {

constexpr std::string_view kMetadataSuffix = ".metadata";

struct FilePath {
  Digest digest;
  std::string filename;
  bool metadata = false;
};

std::optional<FilePath> parse_path(std::string_view rest) {
  const auto parts = split(rest, '/');
  if (parts.size() != 4) return std::nullopt;
  const auto digest = Digest::parse(parts[2]);
  if (!digest || parts[0] != parts[2].substr(0, 2) || parts[1] != parts[2].substr(2, 2)) return std::nullopt;
  FilePath path{*digest, std::string(parts[3]), false};
  if (parts[3].ends_with(kMetadataSuffix)) {
    path.metadata = true;
    path.filename.resize(path.filename.size() - kMetadataSuffix.size());
  }
  return path;
}

/// The projects that a file of that name may belong to: old sdists may have dashes in their version.
std::vector<std::string> projects_of(std::string_view filename) {
  std::vector<std::string> projects;
  if (const auto wheel = python::parse_wheel_filename(filename)) return {wheel->project};
  for (auto dash = filename.rfind('-'); dash != std::string_view::npos && dash > 0;
       dash = filename.rfind('-', dash - 1)) {
    const auto name = filename.substr(0, dash);
    const auto sdist = python::parse_sdist_filename(filename, name);
    if (sdist && sdist->name == name) projects.push_back(sdist->project);
    if (dash == 0) break;
  }
  return projects;
}

/// The file, and the snapshot narrowed to its project: with no file, to the only project that it may be of.
struct Found {
  std::optional<model::FileRecord> file;
  view::Snapshot snapshot;
};

Result<Found> find(view::Views& views, const Context& ctx, const view::Snapshot& snapshot,
                   const FilePath& path) {
  const auto projects = projects_of(path.filename);
  for (const auto& project : projects) {
    auto narrowed = TRY(views.project(ctx, snapshot, project));
    auto file = TRY(views.find_file(ctx, narrowed, project, path.filename));
    if (file && file->blob == path.digest) return Found{std::move(file), std::move(narrowed)};
    if (projects.size() == 1) return Found{std::nullopt, std::move(narrowed)};
  }
  return Found{std::nullopt, snapshot};
}

/// The URL names the content: what it gives never changes.
std::string kept_for_ever(const view::Snapshot& snapshot) {
  return std::string(snapshot.repository->authenticated ? "private" : "public") +
         ", max-age=365000000, immutable";
}

http::Response metadata_response(const view::Snapshot& snapshot, model::FileRecord file) {
  auto response = http::bytes_response(200, "text/plain; charset=utf-8", std::move(file.metadata));
  response.etag = '"' + file.metadata_sha256->hex() + '"';
  response.ranges = true;
  response.with("Cache-Control", kept_for_ever(snapshot));
  response.last_modified = std::chrono::floor<std::chrono::seconds>(file.uploaded_at);
  keep_hot(response, snapshot);
  return response;
}

/// PEP 740: a document beside the file. Upstream tells no hash of it.
model::FileRecord provenance_of(model::FileRecord file) {
  file.filename += ".provenance";
  file.blob = {};
  file.size = 0;
  file.md5.clear();
  file.origin->key += ".provenance";
  file.origin->urls = {file.provenance};
  file.origin->digest_known = false;
  file.origin->document = true;
  return file;
}

}  // namespace

model::FileRecord metadata_beside(model::FileRecord wheel) {
  wheel.filename += kMetadataSuffix;
  wheel.blob = *wheel.metadata_sha256;
  wheel.size = 0;  // upstream does not say
  wheel.md5.clear();
  wheel.origin->key += kMetadataSuffix;
  wheel.origin->digest_known = true;
  for (auto& url : wheel.origin->urls) url += kMetadataSuffix;
  return wheel;
}

Result<http::Response> python_provenance(const PythonDependencies& dependencies, const Context& ctx,
                                         const http::Request& request) {
  auto& views = *dependencies.views;
  auto snapshot = TRY(requested_snapshot(ctx, views, request, model::Ecosystem::python));
  const std::string project = python::normalize_name(request.parameter("project"));
  const auto filename = request.parameter("filename");
  if (!python::is_valid_name(project)) return missing(snapshot, "that is not the name of a project", "");
  snapshot = TRY(views.project(ctx, snapshot, project));
  auto file = TRY(views.find_file(ctx, snapshot, project, filename));
  if (!file || file->version != request.parameter("version"))
    return missing(snapshot, "there is no such file at this snapshot",
                   "take the address from the page of its project under simple/");
  if (!file->origin || file->provenance.empty())
    return missing(snapshot, "there are no attestations of this file", "its publisher uploaded none");
  file = provenance_of(*std::move(file));
  auto response = TRY(file_response(ctx, *dependencies.blobs, dependencies.mirrors.get(), *file,
                                    "application/vnd.pypi.integrity.v1+json"));
  response.with("Cache-Control", cache_control(snapshot, Changes::rarely));
  return response;
}

Result<http::Response> python_file(const PythonDependencies& dependencies, const Context& ctx,
                                   const http::Request& request) {
  auto& views = *dependencies.views;
  auto snapshot = TRY(requested_snapshot(ctx, views, request, model::Ecosystem::python));
  const auto path = parse_path(request.parameter("rest"));
  if (!path)
    return missing(snapshot, "no file has such a path",
                   "take the path from the page of its project under simple/");
  auto found = TRY(find(views, ctx, snapshot, *path));
  auto& file = found.file;
  snapshot = std::move(found.snapshot);
  if (!file)
    return missing(snapshot,
                   "repository '" + snapshot.repository->name + "' does not have this file at this snapshot",
                   "ask the page of its project under simple/ again: the file may be removed or replaced");
  if (path->metadata) {
    if (!file->metadata_sha256)
      return missing(snapshot, "there is no metadata beside this file", "read it out of the file itself");
    if (!file->origin) return metadata_response(snapshot, std::move(*file));
    file = metadata_beside(*std::move(file));
  }

  const std::string type = path->metadata ? "text/plain; charset=utf-8" : "application/octet-stream";
  if (!path->metadata) {
    if (auto redirect = TRY(redirect_to_store(ctx, request, snapshot, *dependencies.blobs,
                                              dependencies.mirrors.get(), *file, type)))
      return *std::move(redirect);
  }
  auto response = TRY(file_response(ctx, *dependencies.blobs, dependencies.mirrors.get(), *file, type));
  response.with("Cache-Control", kept_for_ever(snapshot));
  if (may_be_kept(response)) keep_hot(response, snapshot);
  return response;
}

}  // namespace granary::api
