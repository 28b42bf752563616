#pragma once
/// AWS Signature Version 4, in the Authorization header or in the query. Pure: checked against AWS's
/// published examples. docs.aws.amazon.com/AmazonS3/latest/API/sig-v4-header-based-auth.html,
/// sigv4-query-string-auth.html

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/clock.h"

namespace granary::blob::s3 {

struct Credentials {
  std::string access_key{}, secret_key{}, session_token{};
  std::optional<Time> expires{};  // absent: they stay good
};

using Pairs = std::vector<std::pair<std::string, std::string>>;

struct SigningRequest {
  std::string method;
  std::string path;            // percent-encoded, begins with '/'
  Pairs query;                 // not encoded, in any order
  Pairs headers;               // all are signed; Host, X-Amz-Date and X-Amz-Content-SHA256 must be among them
  std::string payload_sha256;  // hex
};

/// "20130524T000000Z".
std::string amz_date(Time time);
/// Sorted and encoded as it is signed; send it in this form.
std::string canonical_query(Pairs query);
std::string canonical_request(const SigningRequest& request);
/// The value of the Authorization header.
std::string authorization(const Credentials& credentials, std::string_view region, std::string_view service,
                          Time time, const SigningRequest& request);

/// The query of a URL that anybody may use until `valid` after `time`; of the headers Host alone is signed.
/// `request` has no headers and no hash.
std::string presigned_query(const Credentials& credentials, std::string_view region, Time time,
                            std::chrono::seconds valid, std::string_view host, SigningRequest request);

/// When a URL is signed, and for how long.
struct SigningWindow {
  Time signed_at{};
  std::chrono::seconds valid{};  // from then
  std::chrono::seconds left{};   // from now
};
/// The same for all who ask within half of `lifetime`, on all nodes, so that caches know the URL again; the
/// other half is left at least. Never beyond the end of the credentials: absent when that is too near.
std::optional<SigningWindow> signing_window(Time now, std::chrono::seconds lifetime,
                                            const std::optional<Time>& credentials_end);

}  // namespace granary::blob::s3
