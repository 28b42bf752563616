#include "api/r_handlers.h"

#include <array>
#include <optional>

#include "api/blob_answer.h"
#include "api/cache_rules.h"
#include "api/content_coding.h"
#include "api/r_indexes.h"
#include "api/r_routes.h"
#include "api/snapshot_request.h"
#include "base/compress.h"
#include "base/text.h"
#include "r/names.h"
#include "r/packages_index.h"

namespace granary::api {
namespace {

using http::Request;
using http::Response;

constexpr std::string_view kText = "text/plain; charset=utf-8";
constexpr std::string_view kHtml = "text/html; charset=utf-8";
constexpr std::string_view kGzip = "application/gzip";
constexpr std::string_view kRds = "application/octet-stream";

std::string_view key_of(RIndex index) {
  switch (index) {
    case RIndex::packages:
      return "r/PACKAGES";
    case RIndex::packages_rds:
      return "r/PACKAGES.rds";
    case RIndex::archive_rds:
      return "r/archive.rds";
    case RIndex::current_rds:
      return "r/current.rds";
    case RIndex::folder:
      return "r/folder";
  }
  return {};
}

/// Relative, so that it holds below the path prefix of a proxy too.
std::string last_segment(std::string_view path) { return std::string(path.substr(path.rfind('/') + 1)); }

class RHandlers {
 public:
  explicit RHandlers(RDependencies dependencies) : d_(std::move(dependencies)) {}

  Result<Response> answer(REndpoint endpoint, const Context& ctx, const Request& request) const {
    const auto snapshot = TRY(requested_snapshot(ctx, *d_.views, request, model::Ecosystem::r));
    auto response = TRY(answer(endpoint, ctx, request, snapshot));
    if (response.status == 200) {
      response.with("X-Repository-Type", "RSPM");
      response.with("X-Package-Type", "source");
    }
    return response;
  }

 private:
  Result<Response> answer(REndpoint endpoint, const Context& ctx, const Request& request,
                          const view::Snapshot& snapshot) const {
    switch (endpoint) {
      case REndpoint::folder:
        return index(ctx, request, snapshot, RIndex::folder, true, kHtml);
      case REndpoint::folder_without_slash:
        return http::redirect(301, last_segment(request.path()) + '/');
      case REndpoint::packages:
        return index(ctx, request, snapshot, RIndex::packages, true, kText);
      case REndpoint::packages_gz:
        return packages_gz(ctx, snapshot);
      case REndpoint::packages_rds:
        return index(ctx, request, snapshot, RIndex::packages_rds, false, kRds);
      case REndpoint::archive_rds:
        return index(ctx, request, snapshot, RIndex::archive_rds, false, kRds);
      case REndpoint::current_rds:
        return index(ctx, request, snapshot, RIndex::current_rds, false, kRds);
      case REndpoint::archived_file:
        return file(ctx, snapshot, request.parameter("file"), request.parameter("package"));
      case REndpoint::file:
        return file(ctx, snapshot, request.parameter("file"), std::nullopt);
      case REndpoint::file_in_folder:
        return file_in_folder(ctx, snapshot, request.parameter("path"));
      case REndpoint::binaries:
        return binaries(request, snapshot);
    }
    return fail(Errc::internal, "no such endpoint");
  }

  Result<std::shared_ptr<const view::Rendered>> rendered(const Context& ctx, const view::Snapshot& snapshot,
                                                         RIndex kind, bool compressible) const {
    return d_.views->rendered(ctx, snapshot, key_of(kind), compressible,
                              [&] { return render_r_index(ctx, *d_.views, snapshot, kind); });
  }

  Result<Response> index(const Context& ctx, const Request& request, const view::Snapshot& snapshot,
                         RIndex kind, bool compressible, std::string_view content_type) const {
    const auto body = TRY(rendered(ctx, snapshot, kind, compressible));
    auto response = rendered_response(request, *body, std::string(content_type));
    set_cache_rules(response, snapshot, false);
    return response;
  }

  /// The gzip form of PACKAGES, which exists already.
  Result<Response> packages_gz(const Context& ctx, const view::Snapshot& snapshot) const {
    const auto body = TRY(rendered(ctx, snapshot, RIndex::packages, true));
    Response response;
    response.with("Content-Type", std::string(kGzip));
    response.etag = '"' + body->etag + "-gz\"";
    response.body =
        http::BytesBody{body->gzip ? body->gzip : std::make_shared<const std::string>(gzip(*body->identity))};
    set_cache_rules(response, snapshot, false);
    return response;
  }

  Result<Response> file(const Context& ctx, const view::Snapshot& snapshot, std::string_view name,
                        std::optional<std::string_view> folder) const {
    const auto parsed = r::parse_source_file_name(name);
    if (!parsed || (folder && *folder != parsed->package))
      return missing(snapshot, "no package file has this name",
                     "files are called {package}_{version}.tar.gz");
    const auto found = TRY(d_.views->find_file(ctx, snapshot, parsed->package, name));
    if (!found)
      return missing(snapshot, "no file '" + std::string(name) + "' in '" + snapshot.repository->name + "'",
                     "see src/contrib/PACKAGES and src/contrib/Meta/archive.rds for what there is");
    return package_file(ctx, snapshot, *found);
  }

  Result<Response> package_file(const Context& ctx, const view::Snapshot& snapshot,
                                const model::FileRecord& found) const {
    auto response = TRY(file_response(ctx, *d_.blobs, d_.mirrors.get(), found, std::string(kGzip)));
    set_cache_rules(response, snapshot, true);
    return response;
  }

  /// "4.4.0/Recommended/{package}_{version}.tar.gz"
  Result<Response> file_in_folder(const Context& ctx, const view::Snapshot& snapshot,
                                  std::string_view path) const {
    const auto slash = path.rfind('/');
    const auto name = slash == std::string_view::npos ? path : path.substr(slash + 1);
    if (const auto parsed = r::parse_source_file_name(name)) {
      for (const auto& one : TRY(d_.views->files(ctx, snapshot, parsed->package))) {
        if (one.filename == name && !one.folder.empty() && path == one.folder + '/' + one.filename)
          return package_file(ctx, snapshot, one);
      }
    }
    return missing(snapshot, "nothing is at this path in '" + snapshot.repository->name + "'",
                   "see src/contrib/PACKAGES for what there is, and its Path for where");
  }

  /// windows/contrib/4.5/PACKAGES, macosx/big-sur-arm64/contrib/4.5/PACKAGES.gz,
  /// linux/noble-x86_64/contrib/4.6/...
  static Result<Response> binaries(const Request& request, const view::Snapshot& snapshot) {
    const auto parts = split(request.parameter("path"), '/');
    const bool known = (parts.size() == 4 || parts.size() == 5) && parts[parts.size() - 3] == "contrib" &&
                       (parts[0] == "windows" || parts[0] == "macosx" || parts[0] == "linux");
    const auto name = parts.back();
    Response response;
    if (known && name == "PACKAGES") {
      response = http::bytes_response(200, std::string(kText), r::PackagesIndex().text());
    } else if (known && name == "PACKAGES.gz") {
      response = http::bytes_response(200, std::string(kGzip), gzip(r::PackagesIndex().text()));
    } else if (known && name == "PACKAGES.rds") {
      response = http::bytes_response(200, std::string(kRds), gzip(r::PackagesIndex().rds()));
    } else {
      return missing(snapshot, "there are no binary packages here", "install from source: type = \"source\"");
    }
    set_cache_rules(response, snapshot, false);
    return response;
  }

  RDependencies d_;
};

}  // namespace

void bind_r(http::Router& router, const RDependencies& dependencies) {
  const auto handlers = std::make_shared<const RHandlers>(dependencies);
  for (const auto& route : kRRoutes) {
    router.bind(route.spec,
                [handlers, endpoint = route.endpoint](const Context& ctx, const Request& request) {
                  return handlers->answer(endpoint, ctx, request);
                });
  }
}

}  // namespace granary::api
