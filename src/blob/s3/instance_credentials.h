#pragma once
/// The keys of the machine's role: EC2's instance metadata, version 2 (a session token first).
/// docs.aws.amazon.com/AWSEC2/latest/UserGuide/instance-metadata-security-credentials.html

#include <memory>

#include "blob/s3/credentials.h"

namespace granary::blob::s3 {

/// Null when AWS_EC2_METADATA_DISABLED is "true". The service is AWS_EC2_METADATA_SERVICE_ENDPOINT, else
/// http://169.254.169.254 (http://[fd00:ec2::254] with AWS_EC2_METADATA_SERVICE_ENDPOINT_MODE=IPv6).
/// It is the last that is asked: when it does not answer, the error says what was `tried` before.
std::unique_ptr<CredentialSource> instance_credentials(const S3Options& options, std::string tried);

}  // namespace granary::blob::s3
