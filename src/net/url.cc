#include "net/url.h"

#include <curl/curl.h>

#include <memory>

#include "base/text.h"
#include "base/uri.h"

namespace granary::net {
namespace {

struct UrlDeleter {
  void operator()(CURLU* url) const noexcept { curl_url_cleanup(url); }
};
using Url = std::unique_ptr<CURLU, UrlDeleter>;

Url parse(const std::string& text) {
  Url url(curl_url());
  if (!url || curl_url_set(url.get(), CURLUPART_URL, text.c_str(), 0) != CURLUE_OK) return nullptr;
  return url;
}

std::optional<std::string> part(CURLU* url, CURLUPart which, unsigned flags = 0) {
  char* text = nullptr;
  if (curl_url_get(url, which, &text, flags) != CURLUE_OK) return std::nullopt;
  std::string out = text;
  curl_free(text);
  return out;
}

}  // namespace

std::optional<UrlOrigin> url_origin(const std::string& text) {
  const Url url = parse(text);
  if (!url) return std::nullopt;
  return UrlOrigin{part(url.get(), CURLUPART_SCHEME).value_or(""),
                   lower(part(url.get(), CURLUPART_HOST).value_or("")),
                   part(url.get(), CURLUPART_PORT, CURLU_DEFAULT_PORT).value_or("")};
}

Result<std::string> resolve_url(const std::string& base, const std::string& reference) {
  const Url url = parse(base);
  if (!url || curl_url_set(url.get(), CURLUPART_URL, reference.c_str(), 0) != CURLUE_OK)
    return fail(Errc::invalid_argument, "a link that is no URL: " + printable_url(reference));
  auto out = part(url.get(), CURLUPART_URL);
  if (!out) return fail(Errc::invalid_argument, "a link that is no URL: " + printable_url(reference));
  return *std::move(out);
}

std::string printable_url(std::string_view url) {
  url = url.substr(0, url.find_first_of("?#"));
  const auto scheme = url.find("://");
  if (scheme == url.npos) return std::string(url);
  const auto host = scheme + 3;
  const auto at = url.substr(0, url.find('/', host)).rfind('@');
  if (at == url.npos || at < host) return std::string(url);
  return std::string(url.substr(0, host)) + std::string(url.substr(at + 1));
}

std::string with_credentials(const std::string& url, std::string_view user, std::string_view password) {
  if (url.empty() || user.empty()) return url;
  const auto scheme = url.find("://");
  const auto host = scheme == url.npos ? 0 : scheme + 3;
  return url.substr(0, host) + percent_encode(user) + ':' + percent_encode(password) + '@' + url.substr(host);
}

}  // namespace granary::net
