#include "upstream/pypi.h"

#include <utility>

#include "base/text.h"
#include "net/url.h"
#include "python/project_entry.h"

namespace granary::upstream {
namespace {

constexpr std::string_view kAccept =
    "application/vnd.pypi.simple.v1+json, application/vnd.pypi.simple.v1+html;q=0.2, text/html;q=0.01";

Get request_for(const Client& client, std::string_view path, const std::string& etag, std::size_t limit) {
  Get get;
  get.url = client.url() + '/' + std::string(path);
  get.headers = {{"Accept", std::string(kAccept)}};
  get.known.etag = etag;
  get.limit = limit;
  get.compressed = true;
  return get;
}

/// By its first character: static mirrors send any content type.
bool is_json(std::string_view body) noexcept {
  body = body.substr(0, 64);
  const auto begin = body.find_first_not_of(" \t\r\n");
  return begin != std::string_view::npos && body[begin] == '{';
}

Result<std::string> absolute(const std::string& base, const std::string& reference) {
  if (reference.empty()) return reference;
  return net::resolve_url(base, reference);
}

/// Entries with a URL that means nothing are left out.
void make_absolute(python::ReadPage& page, const std::string& base) {
  std::vector<python::UpstreamFile> kept;
  kept.reserve(page.project.files.size());
  for (auto& file : page.project.files) {
    auto url = absolute(base, file.url);
    auto provenance = absolute(base, file.provenance);
    if (!url ||
        !(url->starts_with("http://") || url->starts_with("https://") || url->starts_with("file://"))) {
      python::leave_out(page, file);
      continue;
    }
    file.url = std::move(*url);
    file.provenance = provenance ? std::move(*provenance) : std::string();
    kept.push_back(std::move(file));
  }
  page.project.files = std::move(kept);
}

std::int64_t serial_header(const Answer& answer) {
  const auto serial = parse_unsigned(trim(answer.header("X-PyPI-Last-Serial")));
  return serial && *serial < (1ULL << 62) ? static_cast<std::int64_t>(*serial) : 0;
}

}  // namespace

Result<ProjectAnswer> fetch_project(const Context& ctx, Client& client, std::string_view project,
                                    const std::string& etag, bool background) {
  auto get = request_for(client, std::string(project) + '/', etag, python::kLongestProjectPage);
  get.background = background;
  const auto answer = TRY(client.get(ctx, get));
  ProjectAnswer out;
  out.not_modified = answer.not_modified;
  if (out.not_modified) return out;
  if (is_json(answer.body)) {
    out.page = TRY(python::read_project_json(answer.body, project));
  } else {
    out.page = TRY(python::read_project_html(answer.body, project));
  }
  make_absolute(out.page, answer.url);
  out.page.project.etag = answer.validators.etag;
  if (const auto serial = serial_header(answer); serial != 0) out.page.project.serial = serial;
  return out;
}

Result<ProjectListAnswer> fetch_project_list(const Context& ctx, Client& client, const std::string& etag,
                                             const python::EachListed& each) {
  const auto answer = TRY(client.get(ctx, request_for(client, "", etag, python::kLongestProjectList)));
  ProjectListAnswer out;
  out.not_modified = answer.not_modified;
  out.etag = answer.validators.etag;
  out.serial = serial_header(answer);
  if (out.not_modified) return out;
  std::int64_t said = 0;
  if (is_json(answer.body)) {
    said = TRY(python::read_project_list_json(answer.body, each));
  } else {
    said = TRY(python::read_project_list_html(answer.body, each));
  }
  if (out.serial == 0) out.serial = said;
  return out;
}

}  // namespace granary::upstream
