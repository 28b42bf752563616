#pragma once
/// Profiles of the two files that AWS's tools share, credentials and config.
/// docs.aws.amazon.com/sdkref/latest/guide/file-format.html

#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "blob/open.h"
#include "blob/s3/credentials.h"

namespace granary::blob::s3 {

/// Names in lower case; what is nested below a name is left out.
using Profile = std::map<std::string, std::string>;
/// In the config file sections are called "profile team", but for "default".
enum class SharedFile : std::uint8_t { credentials, config };

/// One profile of one file; empty when it is not there. Pure.
Profile parse_profile(std::string_view text, std::string_view name, SharedFile kind);

/// Its keys; absent when it has none.
std::optional<Credentials> keys_of(const Profile& profile);

/// Both files, read at each question: others write new keys there before the old ones expire. Safe for
/// concurrent use.
class Profiles {
 public:
  /// AWS_SHARED_CREDENTIALS_FILE and AWS_CONFIG_FILE, else ~/.aws/credentials and ~/.aws/config.
  Profiles(const S3Options& options, TextOf file);

  /// What both files say of it; what the credentials file says goes first.
  Profile of(std::string_view name) const;
  const std::string& credentials_path() const noexcept { return credentials_path_; }
  const std::string& config_path() const noexcept { return config_path_; }

 private:
  TextOf file_;
  std::string credentials_path_, config_path_;
};

}  // namespace granary::blob::s3
