#include "api/repository_page.h"

#include <fmt/format.h>

#include "api/html_page.h"
#include "api/public_url.h"
#include "api/snapshot_request.h"
#include "api/snippets.h"
#include "base/text.h"

namespace granary::api {
namespace {

std::string render(const model::Repository& repository, std::string_view snapshot, std::string_view base,
                   const model::Repository* cran) {
  const auto kind = kind_of(repository.type);
  const auto name = html_escape(repository.name), at = html_escape(snapshot);
  std::string page = page_head(repository.name);
  if (!repository.description.empty())
    page += fmt::format("<p>{}</p>\n", html_escape(repository.description));
  page += fmt::format("<p>{} packages, {}. <a href=\"{}/{}/{}/{}\">Index</a></p>\n", kind.name,
                      snapshot == "latest" ? std::string("as they are now") : "as of <code>" + at + "</code>",
                      html_escape(base), name, at, kind.index);
  for (const auto& one : snippets(repository, base, snapshot, cran)) page += pasted(one.tool, one.lines);
  return page + page_foot(html_escape(base) + "/");
}

}  // namespace

void bind_repository_pages(http::Router& router, const RepositoryPageDependencies& dependencies) {
  for (const auto& route : kRepositoryPages) {
    router.bind(
        route,
        [d = dependencies](const Context& ctx, const http::Request& request) -> Result<http::Response> {
          const auto snapshot = TRY(any_requested_snapshot(ctx, *d.views, request));
          std::vector<model::Repository> repositories;
          std::vector<model::Source> sources;
          if (snapshot.repository->type == model::Ecosystem::bioconductor) {
            TRY(d.catalog->read(ctx, [&](catalog::ReadView& view) -> Result<> {
              repositories = TRY(view.repositories());
              sources = TRY(view.sources());
              return {};
            }));
          }
          const auto text = request.parameter("snapshot");
          auto base = base_url(d.public_url, request);
          if (base.empty()) base = "http://SERVER";
          return page_answer(render(*snapshot.repository, text.empty() ? "latest" : text, base,
                                    with_cran(repositories, sources)));
        });
  }
}

}  // namespace granary::api
