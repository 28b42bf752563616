#include "blob/s3/sign.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/bytes.h"
#include "base/hash.h"
#include "base/text.h"
#include "base/uri.h"

namespace granary::blob::s3 {
namespace {

/// Lower-case names, values with inner spaces folded, in the order of the names.
Pairs canonical_headers(const Pairs& headers) {
  Pairs out;
  for (const auto& [name, value] : headers) {
    std::string folded;
    for (const char c : trim(value)) {
      if (c != ' ' || !folded.ends_with(' ')) folded += c;
    }
    out.emplace_back(lower(name), std::move(folded));
  }
  std::sort(out.begin(), out.end());
  return out;
}

std::string signed_names(const Pairs& canonical) {
  std::string out;
  for (const auto& [name, value] : canonical) out += (out.empty() ? "" : ";") + name;
  return out;
}

}  // namespace

std::string amz_date(Time time) {
  const auto day = std::chrono::floor<std::chrono::days>(time);
  const std::chrono::year_month_day date(day);
  const std::chrono::hh_mm_ss clock(std::chrono::floor<std::chrono::seconds>(time - day));
  return fmt::format("{:04}{:02}{:02}T{:02}{:02}{:02}Z", static_cast<int>(date.year()),
                     static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()),
                     clock.hours().count(), clock.minutes().count(), clock.seconds().count());
}

std::string canonical_query(Pairs query) {
  for (auto& [name, value] : query) {
    name = percent_encode(name);
    value = percent_encode(value);
  }
  std::sort(query.begin(), query.end());
  std::string out;
  for (const auto& [name, value] : query) out += (out.empty() ? "" : "&") + name + "=" + value;
  return out;
}

std::string canonical_request(const SigningRequest& request) {
  const Pairs headers = canonical_headers(request.headers);
  std::string out = request.method + "\n" + request.path + "\n" + canonical_query(request.query) + "\n";
  for (const auto& [name, value] : headers) out += name + ":" + value + "\n";
  return out + "\n" + signed_names(headers) + "\n" + request.payload_sha256;
}

std::string authorization(const Credentials& credentials, std::string_view region, std::string_view service,
                          Time time, const SigningRequest& request) {
  const std::string date = amz_date(time);
  const std::string day = date.substr(0, 8);
  const std::string scope = fmt::format("{}/{}/{}/aws4_request", day, region, service);
  const std::string to_sign = fmt::format("AWS4-HMAC-SHA256\n{}\n{}\n{}", date, scope,
                                          sha256(as_bytes(canonical_request(request))).hex());
  std::string key = hmac_sha256("AWS4" + credentials.secret_key, day);
  for (const std::string_view part : {region, service, std::string_view("aws4_request")})
    key = hmac_sha256(key, part);
  return fmt::format("AWS4-HMAC-SHA256 Credential={}/{},SignedHeaders={},Signature={}",
                     credentials.access_key, scope, signed_names(canonical_headers(request.headers)),
                     hex(as_bytes(hmac_sha256(key, to_sign))));
}

}  // namespace granary::blob::s3
