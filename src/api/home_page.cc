#include "api/home_page.h"

#include <fmt/format.h>

#include "api/public_url.h"
#include "base/hash.h"
#include "base/text.h"

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
body { font: 16px/1.5 system-ui, sans-serif; max-width: 46rem; margin: 2rem auto; padding: 0 1rem; }
h2 { margin: 2rem 0 0; font-size: 1.2rem; }
h2 small { font-weight: normal; opacity: .7; }
p { margin: .3rem 0; }
pre { padding: .7rem 1rem; border: 1px solid #8886; border-radius: 4px; overflow-x: auto; }
</style>
</head>
<body>
<h1>Granary</h1>
<p>R and Python packages, for <code>install.packages</code> and <code>pip</code>.</p>
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

std::string lines_to_paste(const model::Repository& repository, std::string_view base) {
  const std::string url = fmt::format("{}/{}/latest", base, repository.name);
  if (repository.type == model::Ecosystem::r)
    return fmt::format("options(repos = c(\"{0}\" = \"{1}\"))\ninstall.packages(\"PACKAGE\")\n",
                       repository.name, url);
  return fmt::format("pip install --index-url {0}/simple/{1} PROJECT\n", url, pip_trust(base));
}

std::string section(const model::Repository& repository, std::string_view base) {
  const bool r = repository.type == model::Ecosystem::r;
  const std::string name = html_escape(repository.name);
  std::string out = fmt::format("<h2>{} <small>{}</small></h2>\n", name, r ? "R" : "Python");
  if (repository.authenticated) return out + "<p>Needs a token.</p>\n";
  if (!repository.description.empty()) out += fmt::format("<p>{}</p>\n", html_escape(repository.description));
  out += r ? fmt::format(
                 "<p><a href=\"{0}/latest/src/contrib/PACKAGES\">Index</a> · <a "
                 "href=\"__api__/repos/{0}/packages\">Packages</a></p>\n",
                 name)
           : fmt::format(
                 "<p><a href=\"{0}/latest/simple/\">Index</a> · <a "
                 "href=\"__api__/repos/{0}/packages\">Packages</a></p>\n",
                 name);
  return out + fmt::format("<pre>{}</pre>\n", html_escape(lines_to_paste(repository, base)));
}

}  // namespace

void bind_home(http::Router& router, const HomeDependencies& dependencies) {
  router.bind(
      kHome, [d = dependencies](const Context& ctx, const http::Request& request) -> Result<http::Response> {
        std::vector<model::Repository> repositories;
        TRY(d.catalog->read(ctx, [&](catalog::ReadView& view) -> Result<> {
          repositories = TRY(view.repositories());
          return {};
        }));
        std::string base = base_url(d.public_url, request);
        if (base.empty()) base = "http://SERVER";
        std::string page(kHead);
        if (repositories.empty())
          page +=
              "<p>There are no repositories yet: <code>granary create repo --help</code> says how to make "
              "one.</p>\n";
        for (const auto& one : repositories) page += section(one, base);
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
