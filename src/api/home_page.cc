#include "api/home_page.h"

#include <fmt/format.h>

#include <map>
#include <vector>

#include "api/html_page.h"
#include "api/public_url.h"
#include "api/snippets.h"
#include "base/text.h"
#include "mirror/notes.h"

namespace granary::api {
namespace {

constexpr std::string_view kIntroduction =
    R"(<p>R and Python packages, for <code>install.packages</code>, <code>BiocManager</code>, <code>pip</code> and <code>uv</code>.</p>
)";

constexpr std::string_view kDays =
    R"(<p>In place of <code>latest</code> write a day, such as <code>2024-05-01</code>, to get what there was at its end.</p>
)";

struct MirrorState {
  std::string source;
  bool synced = false;
  std::string problem;  // of the last synchronisation
};

/// What a reader of a mirror should know; empty: all is well.
std::string state_of(const MirrorState& state) {
  if (state.synced && state.problem.empty()) return {};
  auto text = fmt::format("<p class=\"note\">The mirror <code>{}</code> {}", html_escape(state.source),
                          state.synced ? "could not be brought up to date" : "was not synchronised yet");
  if (!state.problem.empty()) text += ": " + html_escape(state.problem);
  return text + "</p>\n";
}

std::string section(const model::Repository& repository, std::string_view base, const model::Repository* cran,
                    const std::map<std::int64_t, MirrorState>& mirrors) {
  const auto kind = kind_of(repository.type);
  const std::string name = html_escape(repository.name);
  std::string out = fmt::format("<h2>{} <small>{}</small></h2>\n", name, kind.name);
  if (repository.authenticated) return out + "<p>Needs a token.</p>\n";
  if (!repository.description.empty()) out += fmt::format("<p>{}</p>\n", html_escape(repository.description));
  for (const auto source : repository.sources) {
    if (const auto found = mirrors.find(source.value); found != mirrors.end()) out += state_of(found->second);
  }
  out += fmt::format(
      "<p><a href=\"{0}/latest/{1}\">Index</a> · <a href=\"__api__/repos/{0}/packages\">Packages</a></p>\n",
      name, kind.index);
  for (const auto& one : snippets(repository, base, "latest", cran)) out += pasted(one.tool, one.lines);
  return out;
}

}  // namespace

void bind_home(http::Router& router, const HomeDependencies& dependencies) {
  router.bind(
      kHome, [d = dependencies](const Context& ctx, const http::Request& request) -> Result<http::Response> {
        std::vector<model::Repository> repositories;
        std::vector<model::Source> sources;
        std::map<std::int64_t, MirrorState> mirrors;
        TRY(d.catalog->read(ctx, [&](catalog::ReadView& view) -> Result<> {
          repositories = TRY(view.repositories());
          sources = TRY(view.sources());
          mirrors.clear();
          for (const auto& source : sources) {
            if (!model::is_mirror(source.type) || mirror::is_offline(source)) continue;
            mirrors[source.id.value] = {source.name,
                                        !TRY(view.mirrors().state(source.id, mirror::kSyncedAt)).empty(),
                                        TRY(view.mirrors().state(source.id, mirror::kSyncProblem))};
          }
          return {};
        }));
        std::string base = base_url(d.public_url, request);
        if (base.empty()) base = "http://SERVER";
        std::string page = page_head("Granary") + std::string(kIntroduction);
        if (repositories.empty())
          page +=
              "<p>There are no repositories yet: <code>granary create repo --help</code> says how to make "
              "one.</p>\n";
        else
          page += kDays;
        const auto* cran = with_cran(repositories, sources);
        for (const auto& one : repositories) page += section(one, base, cran, mirrors);
        return page_answer(page + page_foot(""));
      });
}

}  // namespace granary::api
