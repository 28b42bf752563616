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

std::string scope_of(std::string_view day, std::string_view region, std::string_view service) {
  return fmt::format("{}/{}/{}/aws4_request", day, region, service);
}

std::string signature_of(const Credentials& credentials, std::string_view region, std::string_view service,
                         std::string_view date, const SigningRequest& request) {
  const auto day = date.substr(0, 8);
  const std::string to_sign =
      fmt::format("AWS4-HMAC-SHA256\n{}\n{}\n{}", date, scope_of(day, region, service),
                  sha256(as_bytes(canonical_request(request))).hex());
  std::string key = hmac_sha256("AWS4" + credentials.secret_key, day);
  for (const std::string_view part : {region, service, std::string_view("aws4_request")})
    key = hmac_sha256(key, part);
  return hex(as_bytes(hmac_sha256(key, to_sign)));
}

constexpr std::chrono::seconds kLeastUse{10};  // a URL that is good for less is no use to anybody

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
  return fmt::format("AWS4-HMAC-SHA256 Credential={}/{},SignedHeaders={},Signature={}",
                     credentials.access_key, scope_of(date.substr(0, 8), region, service),
                     signed_names(canonical_headers(request.headers)),
                     signature_of(credentials, region, service, date, request));
}

std::string presigned_query(const Credentials& credentials, std::string_view region, Time time,
                            std::chrono::seconds valid, std::string_view host, SigningRequest request) {
  const std::string date = amz_date(time);
  const auto add = [&](std::string name, std::string value) {
    request.query.emplace_back(std::move(name), std::move(value));
  };
  add("X-Amz-Algorithm", "AWS4-HMAC-SHA256");
  add("X-Amz-Credential", credentials.access_key + "/" + scope_of(date.substr(0, 8), region, "s3"));
  add("X-Amz-Date", date);
  add("X-Amz-Expires", std::to_string(valid.count()));
  add("X-Amz-SignedHeaders", "host");
  if (!credentials.session_token.empty()) add("X-Amz-Security-Token", credentials.session_token);
  request.headers = {{"Host", std::string(host)}};
  request.payload_sha256 = "UNSIGNED-PAYLOAD";
  return canonical_query(request.query) +
         "&X-Amz-Signature=" + signature_of(credentials, region, "s3", date, request);
}

std::optional<SigningWindow> signing_window(Time now, std::chrono::seconds lifetime,
                                            const std::optional<Time>& credentials_end) {
  const auto second = std::chrono::floor<std::chrono::seconds>(now);
  const auto step = std::max(lifetime / 2, std::chrono::seconds(1));
  const auto begin = second - second.time_since_epoch() % step;
  auto end = begin + lifetime;
  if (credentials_end) end = std::min(end, std::chrono::floor<std::chrono::seconds>(*credentials_end));
  if (end - second < std::min(lifetime / 2, kLeastUse)) return std::nullopt;
  return SigningWindow{Time(begin), end - begin, end - second};
}

}  // namespace granary::blob::s3
