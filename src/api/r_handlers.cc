#include "api/r_handlers.h"

#include <optional>

#include "api/bioc_routes.h"
#include "api/blob_answer.h"
#include "api/cache_rules.h"
#include "api/content_coding.h"
#include "api/r_indexes.h"
#include "api/r_routes.h"
#include "api/snapshot_request.h"
#include "api/store_redirect.h"
#include "base/compress.h"
#include "base/hash.h"
#include "r/bioc_config.h"
#include "r/names.h"
#include "r/tree_name.h"
#include "r/tree_path.h"

namespace granary::api {
namespace {

using http::Request;
using http::Response;

constexpr std::string_view kText = "text/plain; charset=utf-8";
constexpr std::string_view kHtml = "text/html; charset=utf-8";
constexpr std::string_view kGzip = "application/gzip";
constexpr std::string_view kRds = "application/octet-stream";

model::Ecosystem ecosystem_of(REndpoint endpoint) {
  return endpoint >= REndpoint::bioc_software ? model::Ecosystem::bioconductor : model::Ecosystem::r;
}

/// Relative, so that it holds below the path prefix of a proxy too.
std::string last_segment(std::string_view path) { return std::string(path.substr(path.rfind('/') + 1)); }

std::string_view type_of_file(std::string_view name) {
  if (name.ends_with(".zip")) return "application/zip";
  if (name.ends_with(".xz")) return "application/x-xz";
  if (name.ends_with(".zst")) return "application/zstd";
  return kGzip;
}

/// bin/linux/jammy-x86_64/4.5/src/contrib: sources for who finds no binary.
bool falls_back_to_sources(std::string_view tree) {
  return tree.find("bin/linux/") != std::string_view::npos && tree.ends_with(r::kSourceTree);
}

r::TreePath in_sources(r::TreePart part, std::string_view folder = {}, std::string_view file = {}) {
  return {r::kSourceTree, part, folder, file};
}

class RHandlers {
 public:
  explicit RHandlers(RDependencies dependencies) : d_(std::move(dependencies)) {
    if (!d_.indexes) d_.indexes = std::make_shared<const RenderedIndexes>(d_.views);
  }

  Result<Response> answer(REndpoint endpoint, const Context& ctx, const Request& request) const {
    const auto snapshot = TRY(requested_snapshot(ctx, *d_.views, request, ecosystem_of(endpoint)));
    switch (endpoint) {
      case REndpoint::folder:
      case REndpoint::folder_without_slash:
        return within(ctx, request, snapshot, in_sources(r::TreePart::top));
      case REndpoint::packages:
        return within(ctx, request, snapshot, in_sources(r::TreePart::packages));
      case REndpoint::packages_gz:
        return within(ctx, request, snapshot, in_sources(r::TreePart::packages_gz));
      case REndpoint::packages_rds:
        return within(ctx, request, snapshot, in_sources(r::TreePart::packages_rds));
      case REndpoint::archive_rds:
        return within(ctx, request, snapshot, in_sources(r::TreePart::archive_rds));
      case REndpoint::current_rds:
        return within(ctx, request, snapshot, in_sources(r::TreePart::current_rds));
      case REndpoint::archived_file:
        return within(
            ctx, request, snapshot,
            in_sources(r::TreePart::archived_file, request.parameter("package"), request.parameter("file")));
      case REndpoint::file:
        return within(ctx, request, snapshot, in_sources(r::TreePart::file, {}, request.parameter("file")));
      case REndpoint::file_in_folder:
        return at_path(ctx, request, snapshot,
                       std::string(r::kSourceTree) + '/' + std::string(request.parameter("path")));
      case REndpoint::binaries:
        return at_path(ctx, request, snapshot, "bin/" + std::string(request.parameter("path")));
      case REndpoint::bioc_software:
        return bioc_tree(ctx, request, snapshot, "bioc");
      case REndpoint::bioc_data:
        return bioc_tree(ctx, request, snapshot, "data");
      case REndpoint::bioc_workflows:
        return bioc_tree(ctx, request, snapshot, "workflows");
      case REndpoint::bioc_books:
        return bioc_tree(ctx, request, snapshot, "books");
      case REndpoint::bioc_config:
        return bioc_config(ctx, snapshot);
    }
    return fail(Errc::internal, "no such endpoint");
  }

 private:
  Result<Response> at_path(const Context& ctx, const Request& request, const view::Snapshot& snapshot,
                           const std::string& path) const {
    const auto parsed = r::parse_tree_path(path);
    if (!parsed)
      return missing(snapshot, "no packages of R are at this path",
                     "ask for the PACKAGES of bin/windows/contrib/4.5 or the like, or for src/contrib");
    return within(ctx, request, snapshot, *parsed);
  }

  Result<Response> within(const Context& ctx, const Request& request, const view::Snapshot& snapshot,
                          r::TreePath path) const {
    const std::string sources = r::source_tree_of(path.tree);
    if (falls_back_to_sources(path.tree)) path.tree = sources;
    std::optional<view::Snapshot> other;
    if (path.tree != snapshot.tree) other = TRY(d_.views->tree(ctx, snapshot, path.tree));
    const auto& shown = other ? *other : snapshot;
    if (shown.absent && path.tree == sources)  // of binaries R takes an empty list for the reason to compile
      return missing(shown, "upstream has no " + shown.tree,
                     "config.yaml says which releases of Bioconductor there are");
    auto response = TRY(part(ctx, request, shown, path));
    auto tag = r::binary_tag_of(path.tree);
    if (response.status == 404 && path.tree.find("bin/linux/") != std::string_view::npos) {
      // No build for this one: what can be built is better than nothing.
      tag.clear();
      path.tree = sources;
      response = TRY(part(ctx, request, TRY(d_.views->tree(ctx, snapshot, sources)), path));
    }
    if (response.status == 200 || response.status == 302) {
      response.with("X-Repository-Type", "RSPM");
      response.with("X-Package-Type", tag.empty() ? "source" : "binary");
      if (!tag.empty()) response.with("X-Package-Binary-Tag", std::move(tag));
    }
    return response;
  }

  Result<Response> part(const Context& ctx, const Request& request, const view::Snapshot& snapshot,
                        const r::TreePath& path) const {
    switch (path.part) {
      case r::TreePart::top:
        if (!request.path().ends_with('/')) return http::redirect(301, last_segment(request.path()) + '/');
        return index(ctx, request, snapshot, RIndex::folder, kHtml);
      case r::TreePart::packages:
      case r::TreePart::packages_gz:
      case r::TreePart::packages_rds:
        return packages(ctx, request, snapshot, path.part);
      case r::TreePart::archive_rds:
        return index(ctx, request, snapshot, RIndex::archive_rds, kRds);
      case r::TreePart::current_rds:
        return index(ctx, request, snapshot, RIndex::current_rds, kRds);
      case r::TreePart::archived_file:
        return file(ctx, request, snapshot, path.file, path.folder);
      case r::TreePart::file:
        return path.folder.empty() ? file(ctx, request, snapshot, path.file, std::nullopt)
                                   : file_in_folder(ctx, request, snapshot, path.folder, path.file);
    }
    return fail(Errc::internal, "no such part");
  }

  /// Of a past day of CRAN: with what is known of old versions, after what little is missing was fetched.
  Result<Response> packages(const Context& ctx, const Request& request, view::Snapshot snapshot,
                            r::TreePart form) const {
    const bool rds = form == r::TreePart::packages_rds;
    const auto kind = rds ? RIndex::packages_rds : RIndex::packages;
    TRY(d_.indexes->get(ctx, snapshot, kind));
    auto lacking = d_.indexes->undescribed(snapshot.fingerprint);
    if (!lacking.sources.empty() && d_.mirrors && want_described(ctx, *d_.mirrors, lacking)) {
      auto now = TRY(requested_snapshot(ctx, *d_.views, request, snapshot.repository->type));
      snapshot = now.tree == snapshot.tree ? std::move(now) : TRY(d_.views->tree(ctx, now, snapshot.tree));
      TRY(d_.indexes->get(ctx, snapshot, kind));
      lacking = d_.indexes->undescribed(snapshot.fingerprint);
    }
    if (!lacking.sources.empty()) snapshot.settled = false;  // nobody shall keep it for long
    auto response =
        TRY(form == r::TreePart::packages_gz ? packages_gz(ctx, snapshot)
                                             : index(ctx, request, snapshot, kind, rds ? kRds : kText));
    if (!lacking.sources.empty()) response.with("X-Granary-Undescribed", std::to_string(lacking.count()));
    return response;
  }

  Result<Response> index(const Context& ctx, const Request& request, const view::Snapshot& snapshot,
                         RIndex kind, std::string_view content_type) const {
    const auto body = TRY(d_.indexes->get(ctx, snapshot, kind));
    auto response = rendered_response(request, *body, std::string(content_type));
    set_cache_rules(response, snapshot, false);
    return response;
  }

  /// The gzip form of PACKAGES, which is made once.
  Result<Response> packages_gz(const Context& ctx, const view::Snapshot& snapshot) const {
    const auto body = TRY(d_.indexes->get(ctx, snapshot, RIndex::packages));
    Response response;
    response.with("Content-Type", std::string(kGzip));
    const auto& made = body->gzip();
    response.etag = '"' + (made ? body->gzip_etag() : body->etag()) + "-gz\"";
    response.body =
        http::BytesBody{made ? made : std::make_shared<const std::string>(gzip(*body->identity()))};
    set_cache_rules(response, snapshot, false);
    return response;
  }

  Result<Response> file(const Context& ctx, const Request& request, const view::Snapshot& snapshot,
                        std::string_view name, std::optional<std::string_view> folder) const {
    const auto package = r::package_of_file(name);
    if (!package || (folder && *folder != *package))
      return missing(snapshot, "no package file has this name",
                     "files are called {package}_{version}" + std::string(r::extension_of(snapshot.tree)));
    const auto narrowed = TRY(d_.views->project(ctx, snapshot, *package));
    const auto found = TRY(d_.views->find_file(ctx, narrowed, *package, name));
    if (!found)
      return missing(
          narrowed, "no file '" + std::string(name) + "' in '" + snapshot.repository->name + "'",
          "see " + snapshot.tree + "/PACKAGES and " + snapshot.tree + "/Meta/archive.rds for what there is");
    return package_file(ctx, request, narrowed, *found);
  }

  Result<Response> package_file(const Context& ctx, const Request& request, const view::Snapshot& snapshot,
                                const model::FileRecord& found) const {
    const std::string type(type_of_file(found.filename));
    if (auto redirect =
            TRY(redirect_to_store(ctx, request, snapshot, *d_.blobs, d_.mirrors.get(), found, type)))
      return *std::move(redirect);
    auto response = TRY(file_response(ctx, *d_.blobs, d_.mirrors.get(), found, type));
    // CRAN builds binaries again under the same name, and gives them no hash.
    const bool never_changes = !found.origin || !found.md5.empty() || r::binary_tag_of(snapshot.tree).empty();
    set_cache_rules(response, snapshot, never_changes);
    return response;
  }

  /// "4.4.0/Recommended/{package}_{version}.tar.gz"
  Result<Response> file_in_folder(const Context& ctx, const Request& request, const view::Snapshot& snapshot,
                                  std::string_view folder, std::string_view name) const {
    if (const auto package = r::package_of_file(name)) {
      for (const auto& one : TRY(d_.views->files(ctx, snapshot, *package))) {
        if (one.filename == name && one.folder == folder) return package_file(ctx, request, snapshot, one);
      }
    }
    return missing(snapshot, "nothing is at this path in '" + snapshot.repository->name + "'",
                   "see " + snapshot.tree + "/PACKAGES for what there is, and its Path for where");
  }

  Result<Response> bioc_tree(const Context& ctx, const Request& request, const view::Snapshot& snapshot,
                             std::string_view part) const {
    std::string release(request.parameter("release"));
    if (release == "release" || release == "devel") {
      const auto text = TRY(d_.views->bioc_config(ctx, snapshot));
      if (!text) return no_config(snapshot);
      const auto config = TRY(r::parse_bioc_config(*text));
      release = release == "release" ? config.release : config.devel;
    }
    return at_path(
        ctx, request, snapshot,
        "packages/" + release + '/' + std::string(part) + '/' + std::string(request.parameter("path")));
  }

  Result<Response> bioc_config(const Context& ctx, const view::Snapshot& snapshot) const {
    const auto text = TRY(d_.views->bioc_config(ctx, snapshot));
    if (!text) return no_config(snapshot);
    auto response = http::bytes_response(200, "text/yaml; charset=utf-8", *text);
    response.etag = '"' + sha256(as_bytes(*text)).hex().substr(0, 32) + '"';
    response.with("X-Repository-Type", "RSPM");
    set_cache_rules(response, snapshot, false);
    return response;
  }

  static Response no_config(const view::Snapshot& snapshot) {
    return missing(snapshot, "Bioconductor's config.yaml is not known yet",
                   "synchronise the source: granary sync --source NAME");
  }

  RDependencies d_;
};

}  // namespace

void bind_r(http::Router& router, const RDependencies& dependencies) {
  const auto handlers = std::make_shared<const RHandlers>(dependencies);
  const auto bind = [&](const RRoute& route) {
    router.bind(route.spec,
                [handlers, endpoint = route.endpoint](const Context& ctx, const Request& request) {
                  return handlers->answer(endpoint, ctx, request);
                });
  };
  for (const auto& route : kRRoutes) bind(route);
  for (const auto& route : kBiocRoutes) bind(route);
}

}  // namespace granary::api
