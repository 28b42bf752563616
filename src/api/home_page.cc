#include "api/home_page.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <vector>

#include "api/public_url.h"
#include "base/hash.h"
#include "base/text.h"
#include "mirror/notes.h"

namespace granary::api {
namespace {

constexpr std::string_view kHead = R"(<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Granary</title>
<style>
:root { color-scheme: light dark; }
body { font: 16px/1.5 system-ui, sans-serif; max-width: 54rem; margin: 2rem auto; padding: 0 1rem; }
h2 { margin: 2rem 0 0; font-size: 1.2rem; }
h2 small { font-weight: normal; opacity: .7; }
p { margin: .3rem 0; }
p.note { padding: .4rem 1rem; border-left: 4px solid #c80; }
p.tool { margin: .8rem 0 0; font-size: .85rem; opacity: .7; }
pre { margin: .2rem 0 .6rem; font-size: .85rem; padding: .7rem 1rem; border: 1px solid #8886; border-radius: 4px; overflow-x: auto; }
</style>
</head>
<body>
<h1>Granary</h1>
<p>R and Python packages, for <code>install.packages</code>, <code>BiocManager</code>, <code>pip</code> and <code>uv</code>.</p>
)";

constexpr std::string_view kDays =
    R"(<p>In place of <code>latest</code> write a day, such as <code>2024-05-01</code>, to get what there was at its end.</p>
)";

constexpr std::string_view kFoot =
    R"(<p style="margin-top: 2rem"><a href="__api__/repos">Repositories as JSON</a>
· <a href="openapi.json">API description</a></p>
</body>
</html>
)";

/// pip takes plain HTTP from this machine only, unless told to trust the host.
std::string pip_trust(std::string_view base) {
  if (!base.starts_with("http://")) return {};
  auto host = base.substr(7);
  host = host.substr(0, host.find('/'));
  if (!host.starts_with('[')) host = host.substr(0, host.find(':'));
  if (host == "localhost" || host.starts_with("127.") || host.starts_with("[::1]")) return {};
  return fmt::format(" --trusted-host {}", host);
}

struct MirrorState {
  std::string source;
  bool synced = false;
  std::string problem;  // of the last synchronisation
};

struct Snippet {
  std::string_view tool;
  std::string lines;
};

std::vector<Snippet> for_r(std::string_view name, std::string_view url) {
  return {
      {"R", fmt::format("options(repos = c(\"{0}\" = \"{1}\"))\ninstall.packages(\"PACKAGE\")\n", name, url)},
      {"renv",
       fmt::format("options(repos = c(\"{0}\" = \"{1}\"))\nrenv::init()       # renv::restore() for a "
                   "renv.lock that there is\n",
                   name, url)},
      {"pak",
       fmt::format("options(repos = c(\"{0}\" = \"{1}\"))\npak::pkg_install(\"PACKAGE\")\n", name, url)}};
}

std::vector<Snippet> for_python(std::string_view url, std::string_view base) {
  return {{"pip", fmt::format("pip install --index-url {0}/simple/{1} PROJECT\n", url, pip_trust(base))},
          {"uv", fmt::format("uv pip install --default-index {0}/simple/ PROJECT\n", url)},
          {"pyproject.toml, for uv",
           fmt::format("[[tool.uv.index]]\nurl = \"{0}/simple/\"\ndefault = true\n", url)}};
}

/// `cran`: the URL of a mirror of CRAN, which most of Bioconductor needs; may be empty.
std::vector<Snippet> for_bioconductor(std::string_view url, std::string_view cran) {
  const auto repos = cran.empty() ? std::string() : fmt::format(",\n        repos = c(CRAN = \"{}\")", cran);
  return {{"BiocManager", fmt::format("options(BioC_mirror = \"{0}\",\n        BIOCONDUCTOR_CONFIG_FILE = "
                                      "\"{0}/config.yaml\"{1})\nBiocManager::install(\"PACKAGE\")\n",
                                      url, repos)}};
}

std::string url_of(const model::Repository& repository, std::string_view base) {
  return fmt::format("{}/{}/latest", base, repository.name);
}

std::vector<Snippet> snippets(const model::Repository& repository, std::string_view base,
                              const model::Repository* cran) {
  const auto url = url_of(repository, base);
  switch (repository.type) {
    case model::Ecosystem::r:
      return for_r(repository.name, url);
    case model::Ecosystem::python:
      return for_python(url, base);
    case model::Ecosystem::bioconductor:
      return for_bioconductor(url, cran != nullptr ? url_of(*cran, base) : "");
  }
  return {};
}

struct Kind {
  std::string_view name, index;  // the index: below the snapshot
};
Kind kind_of(model::Ecosystem type) {
  switch (type) {
    case model::Ecosystem::r:
      return {"R", "src/contrib/PACKAGES"};
    case model::Ecosystem::python:
      return {"Python", "simple/"};
    case model::Ecosystem::bioconductor:
      return {"Bioconductor", "config.yaml"};
  }
  return {};
}

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
  for (const auto& one : snippets(repository, base, cran))
    out += fmt::format("<p class=\"tool\">{}</p>\n<pre>{}</pre>\n", one.tool, html_escape(one.lines));
  return out;
}

/// The first that anybody may read and that shows a source of CRAN.
const model::Repository* with_cran(const std::vector<model::Repository>& repositories,
                                   const std::vector<model::Source>& sources) {
  const auto is_cran = [&](model::SourceId id) {
    return std::any_of(sources.begin(), sources.end(), [&](const model::Source& one) {
      return one.id == id && one.type == model::SourceType::cran;
    });
  };
  const auto found =
      std::find_if(repositories.begin(), repositories.end(), [&](const model::Repository& one) {
        return !one.authenticated && std::any_of(one.sources.begin(), one.sources.end(), is_cran);
      });
  return found != repositories.end() ? &*found : nullptr;
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
        std::string page(kHead);
        if (repositories.empty())
          page +=
              "<p>There are no repositories yet: <code>granary create repo --help</code> says how to make "
              "one.</p>\n";
        else
          page += kDays;
        const auto* cran = with_cran(repositories, sources);
        for (const auto& one : repositories) page += section(one, base, cran, mirrors);
        page += kFoot;
        auto tag = '"' + sha256(as_bytes(page)).hex().substr(0, 32) + '"';
        auto response = http::bytes_response(200, "text/html; charset=utf-8", std::move(page));
        response.with("Cache-Control", "no-cache");
        response.with("Content-Security-Policy", "default-src 'none'; style-src 'unsafe-inline'");
        response.etag = std::move(tag);
        return response;
      });
}

}  // namespace granary::api
