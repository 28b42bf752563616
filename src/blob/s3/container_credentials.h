#pragma once
/// The keys of a container: ECS tasks, EKS Pod Identity.
/// docs.aws.amazon.com/sdkref/latest/guide/feature-container-credentials.html

#include <memory>

#include "blob/s3/credentials.h"

namespace granary::blob::s3 {

/// Null when neither AWS_CONTAINER_CREDENTIALS_RELATIVE_URI nor _FULL_URI is set. The token in
/// AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE (read at each fetch) or AWS_CONTAINER_AUTHORIZATION_TOKEN goes
/// along. Errc::invalid_argument when the full URI is plain HTTP to any host but this machine or the two
/// addresses of AWS: the token would go over the network in the clear.
Result<std::unique_ptr<CredentialSource>> container_credentials(const S3Options& options, const TextOf& file);

}  // namespace granary::blob::s3
