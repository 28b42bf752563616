#pragma once
/// Where the keys of the object store come from. Pure: the world is passed in.

#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"
#include "blob/open.h"
#include "blob/s3/sign.h"

namespace granary::blob::s3 {

/// The first of: keys in the options; AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY, AWS_SESSION_TOKEN; the shared
/// credentials file (AWS_SHARED_CREDENTIALS_FILE or ~/.aws/credentials) with the profile of the options,
/// AWS_PROFILE or "default". A profile in the options goes before the environment's keys.
/// Errc::invalid_argument when there are none.
using TextOf = std::function<std::optional<std::string>(const std::string& path)>;  // absent: no such file
Result<Credentials> find_credentials(const S3Options& options, const TextOf& file);

/// One profile of a shared credentials file; absent when it has no keys there.
std::optional<Credentials> parse_profile(std::string_view text, std::string_view profile);

}  // namespace granary::blob::s3
