#include "api/html_page.h"

#include <fmt/format.h>

#include "base/hash.h"
#include "base/text.h"

namespace granary::api {
namespace {

constexpr std::string_view kHead = R"(<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>)";

constexpr std::string_view kStyle = R"(</title>
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
<h1>)";

}  // namespace

std::string page_head(std::string_view title) {
  const auto text = html_escape(title);
  return std::string(kHead) + text + std::string(kStyle) + text + "</h1>\n";
}

std::string page_foot(std::string_view to_root) {
  return fmt::format(
      "<p style=\"margin-top: 2rem\"><a href=\"{0}__api__/repos\">Repositories as JSON</a>\n"
      "· <a href=\"{0}openapi.json\">API description</a></p>\n</body>\n</html>\n",
      to_root);
}

std::string pasted(std::string_view tool, std::string_view lines) {
  return fmt::format("<p class=\"tool\">{}</p>\n<pre>{}</pre>\n", tool, html_escape(lines));
}

http::Response page_answer(std::string page) {
  auto tag = '"' + sha256(as_bytes(page)).hex().substr(0, 32) + '"';
  auto response = http::bytes_response(200, "text/html; charset=utf-8", std::move(page));
  response.with("Cache-Control", "no-cache");
  response.with("Content-Security-Policy", "default-src 'none'; style-src 'unsafe-inline'");
  response.etag = std::move(tag);
  return response;
}

}  // namespace granary::api
