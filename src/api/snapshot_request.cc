#include "api/snapshot_request.h"

#include "http/status.h"

namespace granary::api {
namespace {

constexpr std::string_view kSnapshotHint =
    "use latest, a day such as 2024-05-01, or the number of a transaction";
constexpr std::size_t kShown = 80;  // of what a client sent, in a message

/// How to use the repository for what it is.
tl::unexpected<Error> of_another_kind(const model::Repository& repository) {
  const auto& name = repository.name;
  switch (repository.type) {
    case model::Ecosystem::r:
      return fail(Errc::not_found, "repository '" + name + "' holds R packages",
                  "for R: options(repos = \"<this server>/" + name + "/latest\")");
    case model::Ecosystem::python:
      return fail(Errc::not_found, "repository '" + name + "' holds Python packages",
                  "for pip: --index-url <this server>/" + name + "/latest/simple/");
    case model::Ecosystem::bioconductor:
      return fail(Errc::not_found, "repository '" + name + "' holds Bioconductor",
                  "for BiocManager: options(BioC_mirror = \"<this server>/" + name + "/latest\")");
  }
  return fail(Errc::internal, "no such kind of repository");
}

}  // namespace

Result<view::Snapshot> any_requested_snapshot(const Context& ctx, view::Views& views,
                                              const http::Request& request) {
  const auto text = request.parameter("snapshot");
  const auto ref = model::parse_snapshot(text.empty() ? "latest" : text);
  if (!ref)
    return fail(Errc::not_found, "'" + std::string(text.substr(0, kShown)) + "' is not a snapshot",
                std::string(kSnapshotHint));
  return views.resolve(ctx, request.parameter("repo"), *ref);
}

Result<view::Snapshot> requested_snapshot(const Context& ctx, view::Views& views,
                                          const http::Request& request, model::Ecosystem expected) {
  auto snapshot = TRY(any_requested_snapshot(ctx, views, request));
  if (snapshot.repository->type != expected) return of_another_kind(*snapshot.repository);
  return snapshot;
}

void keep_hot(http::Response& response, const view::Snapshot& snapshot) {
  // Event loops ask no gate: a token that has expired or was revoked would go on.
  if (!snapshot.repository->authenticated) response.hot = http::Response::Hot{snapshot.fresh, true};
}

http::Response missing(const view::Snapshot& snapshot, std::string message, std::string hint) {
  auto response = http::error_response(
      Error(Errc::not_found, std::move(message), std::move(hint), __builtin_FILE(), __builtin_LINE()));
  response.with("Cache-Control", "no-cache");
  keep_hot(response, snapshot);
  return response;
}

}  // namespace granary::api
