#include "api/content_coding.h"

#include "base/text.h"

namespace granary::api {
namespace {

/// Thousandths; a value that is none counts as 1.
int quality(std::string_view parameters) noexcept {
  for (const auto part : split(parameters, ';')) {
    const auto parameter = trim(part);
    if (!starts_with_ignore_case(parameter, "q=")) continue;
    const auto number = parameter.substr(2);
    if (number.empty() || (number[0] != '0' && number[0] != '1')) return 1000;
    if (number[0] == '1') return 1000;
    int value = 0, scale = 100;
    for (const char c : number.substr(std::min<std::size_t>(2, number.size()))) {
      if (c < '0' || c > '9' || scale == 0) break;
      value += (c - '0') * scale;
      scale /= 10;
    }
    return value;
  }
  return 1000;
}

}  // namespace

Coding choose_coding(std::string_view accept_encoding) noexcept {
  int gzip_q = -1, zstd_q = -1, identity_q = -1, any_q = -1;
  for (const auto part : split(accept_encoding, ',')) {
    const auto semicolon = part.find(';');
    const auto name = trim(part.substr(0, semicolon));
    const int q =
        quality(semicolon == std::string_view::npos ? std::string_view() : part.substr(semicolon + 1));
    if (equals_ignore_case(name, "gzip") || equals_ignore_case(name, "x-gzip")) gzip_q = q;
    if (equals_ignore_case(name, "zstd")) zstd_q = q;
    if (equals_ignore_case(name, "identity")) identity_q = q;
    if (name == "*") any_q = q;
  }
  const auto given = [&](int own) { return own >= 0 ? own : any_q >= 0 ? any_q : 0; };
  Coding best = Coding::identity;
  // Always acceptable unless refused by name; nobody who names another coding prefers it.
  int best_q = identity_q > 0 ? identity_q : 0;
  if (given(gzip_q) > 0 && given(gzip_q) >= best_q) {
    best = Coding::gzip;
    best_q = given(gzip_q);
  }
  if (given(zstd_q) > 0 && given(zstd_q) >= best_q) best = Coding::zstd;
  return best;
}

http::Response rendered_response(const http::Request& request, const view::Rendered& rendered,
                                 std::string content_type) {
  http::Response response;
  response.with("Content-Type", std::move(content_type));
  const auto take = [&](std::string_view name, const std::string& etag, view::Rendered::Bytes bytes) {
    response.etag = '"' + etag + (name.empty() ? "" : "-") + std::string(name) + '"';
    if (!name.empty()) response.with("Content-Encoding", std::string(name));
    response.body = http::BytesBody{std::move(bytes)};
  };
  const auto coding =
      rendered.compressible() ? choose_coding(request.header("Accept-Encoding")) : Coding::identity;
  if (rendered.compressible()) response.with("Vary", "Accept-Encoding");
  if (coding == Coding::gzip && rendered.gzip()) {
    take("gzip", rendered.gzip_etag(), rendered.gzip());
  } else if (coding == Coding::zstd && rendered.zstd()) {
    take("zstd", rendered.zstd_etag(), rendered.zstd());
  } else {
    take("", rendered.etag(), rendered.identity());
  }
  return response;
}

}  // namespace granary::api
