#pragma once
/// A role by a web identity: how a pod gets rights on EKS. A token in a file, which the cluster renews, is
/// exchanged for keys (STS AssumeRoleWithWebIdentity).

#include <memory>

#include "blob/s3/credentials.h"

namespace granary::blob::s3 {

/// Null when AWS_WEB_IDENTITY_TOKEN_FILE is not set; Errc::invalid_argument when AWS_ROLE_ARN is missing
/// then. AWS_ROLE_SESSION_NAME names the session, AWS_ENDPOINT_URL_STS another service; the region is
/// AWS_REGION or that of the bucket.
Result<std::unique_ptr<CredentialSource>> web_identity(const S3Options& options, const TextOf& file);

/// The answer of STS. Errc::corrupt when it is something else.
Result<Credentials> parse_assumed_role(std::string_view document);

}  // namespace granary::blob::s3
