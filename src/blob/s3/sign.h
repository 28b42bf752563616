#pragma once
/// AWS Signature Version 4, in the Authorization header. Pure: checked against AWS's published examples.
/// docs.aws.amazon.com/AmazonS3/latest/API/sig-v4-header-based-auth.html

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

}  // namespace granary::blob::s3
