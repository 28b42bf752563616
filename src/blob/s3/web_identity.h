#pragma once
/// A role by a web identity: how a pod gets rights on EKS. A token in a file, which the cluster renews, is
/// exchanged for keys (STS AssumeRoleWithWebIdentity).

#include <memory>
#include <string>

#include "blob/s3/credentials.h"

namespace granary::blob::s3 {

struct WebIdentity {
  std::string token_file, role;
  std::string session;  // empty: one is made up
  std::string seconds;  // of which the keys are good; empty: as STS likes
  std::string from;     // what set it up, for errors: "AWS_WEB_IDENTITY_TOKEN_FILE"
};
std::unique_ptr<CredentialSource> web_identity(const S3Options& options, const TextOf& file, WebIdentity of);

/// As the environment says. Null when AWS_WEB_IDENTITY_TOKEN_FILE is not set; Errc::invalid_argument when
/// AWS_ROLE_ARN is missing then. AWS_ROLE_SESSION_NAME names the session.
Result<std::unique_ptr<CredentialSource>> web_identity(const S3Options& options, const TextOf& file);

}  // namespace granary::blob::s3
