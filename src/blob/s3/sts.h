#pragma once
/// The service that gives keys for a role. docs.aws.amazon.com/STS/latest/APIReference

#include <string>
#include <string_view>

#include "blob/s3/credentials.h"
#include "blob/s3/signed_request.h"
#include "blob/s3/signing_clock.h"
#include "net/http_client.h"

namespace granary::blob::s3 {

/// What is asked of STS.
struct RoleQuestion {
  std::string action;   // "AssumeRole"
  Pairs form;           // besides Action and Version; RoleArn must be in it
  std::string in_vain;  // what to check when it is refused
};

/// Safe for concurrent use.
class Sts {
 public:
  /// At AWS_ENDPOINT_URL_STS, else at AWS in AWS_REGION or the region of the bucket.
  explicit Sts(const S3Options& options);

  /// Signed with `signer`, unless it is null. Failures: unavailable (try again), invalid_argument (refused),
  /// corrupt.
  Result<Credentials> ask(const Context& ctx, const RoleQuestion& question, const Credentials* signer);

 private:
  Service service_;
  SigningClock clock_{nullptr};
  net::HttpClient http_{net::ClientOptions{.idle_connections = 1}};
};

/// The answer to `action`. Errc::corrupt when it is something else.
Result<Credentials> parse_assumed_role(std::string_view document, std::string_view action);

/// A name for a session that nobody has named.
std::string session_name();

}  // namespace granary::blob::s3
