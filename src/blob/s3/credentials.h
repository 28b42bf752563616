#pragma once
/// Where the keys of the object store come from. Choosing is pure: the world is passed in.

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/context.h"
#include "blob/open.h"
#include "blob/s3/sign.h"

namespace granary::blob::s3 {

/// One place that has keys. Safe for concurrent use. Failures: unavailable (try again), invalid_argument
/// (what it says is wrong; the hint names the variable or the file).
class CredentialSource {
 public:
  virtual ~CredentialSource() = default;
  /// Fresh ones: files are read again, services are asked again.
  virtual Result<Credentials> fetch(const Context& ctx) = 0;
  /// For check-config and errors: "the environment (AWS_ACCESS_KEY_ID)".
  virtual const std::string& name() const noexcept = 0;
};

using TextOf = std::function<std::optional<std::string>(const std::string& path)>;  // absent: no such file

/// The first of these that is set up; it alone is asked, as AWS's own libraries do:
///   1. keys in the options, or the profile in the options (profile_credentials.h)
///   2. AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY, AWS_SESSION_TOKEN
///   3. a web identity: AWS_WEB_IDENTITY_TOKEN_FILE and AWS_ROLE_ARN (web_identity.h)
///   4. the profile AWS_PROFILE or "default" of the shared files (profiles.h)
///   5. a container: AWS_CONTAINER_CREDENTIALS_FULL_URI or _RELATIVE_URI (container_credentials.h)
///   6. the machine: its metadata service, unless AWS_EC2_METADATA_DISABLED (instance_credentials.h)
/// Errc::invalid_argument when what is set is half set, or when nothing is and there is no machine to ask.
Result<std::unique_ptr<CredentialSource>> find_credentials(const S3Options& options, const TextOf& file);

/// Keys that are known already, and do not change.
std::unique_ptr<CredentialSource> fixed_credentials(Credentials credentials, std::string name);

/// A variable of the process; absent when it is empty.
std::optional<std::string> variable(const S3Options& options, const std::string& name);

}  // namespace granary::blob::s3
