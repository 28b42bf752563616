#pragma once
/// The document in which containers and machines are given keys. Pure.
/// docs.aws.amazon.com/sdkref/latest/guide/feature-container-credentials.html

#include <string_view>

#include "base/result.h"
#include "blob/s3/sign.h"
#include "net/http_client.h"
#include "net/retry.h"

namespace granary::blob::s3 {

/// {"AccessKeyId", "SecretAccessKey", "Token", "Expiration"}. Errc::corrupt for anything else; `from` is
/// named in errors.
Result<Credentials> parse_service_credentials(std::string_view json, std::string_view from);

/// These services are next door and answer at once, or are not there.
net::ClientOptions next_door();
inline constexpr net::RetryPolicy kNextDoorRetry{.attempts = 3};

}  // namespace granary::blob::s3
