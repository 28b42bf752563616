#include "blob/s3/profiles.h"

#include "base/text.h"

namespace granary::blob::s3 {
namespace {

/// The profile that a line "[profile team]" begins; empty when it is another section.
std::string_view profile_of(std::string_view line, SharedFile kind) {
  if (!line.ends_with(']')) return {};
  auto name = trim(line.substr(1, line.size() - 2));
  if (kind == SharedFile::credentials || name == "default") return name;
  constexpr std::string_view kPrefix = "profile";
  if (!name.starts_with(kPrefix)) return {};
  name.remove_prefix(kPrefix.size());
  return name.starts_with(' ') || name.starts_with('\t') ? trim(name) : std::string_view();
}

std::string value_of(const Profile& profile, const char* name) {
  const auto found = profile.find(name);
  return found == profile.end() ? std::string() : found->second;
}

}  // namespace

Profile parse_profile(std::string_view text, std::string_view profile, SharedFile kind) {
  Profile found;
  bool inside = false, nested = false;
  for (const auto raw : split(text, '\n')) {
    const auto line = trim(raw);
    if (line.empty() || line[0] == '#' || line[0] == ';') continue;
    if (line[0] == '[') {
      const auto name = profile_of(line, kind);
      inside = !name.empty() && name == profile;
      nested = false;
      continue;
    }
    const auto equals = line.find('=');
    if (!inside || equals == line.npos) continue;
    if (nested && (raw[0] == ' ' || raw[0] == '\t')) continue;  // of "s3 =" and the like
    const auto value = trim(line.substr(equals + 1));
    nested = value.empty();
    if (!nested) found.insert_or_assign(lower(trim(line.substr(0, equals))), std::string(value));
  }
  return found;
}

std::optional<Credentials> keys_of(const Profile& profile) {
  Credentials found{value_of(profile, "aws_access_key_id"), value_of(profile, "aws_secret_access_key"),
                    value_of(profile, "aws_session_token")};
  if (found.access_key.empty() || found.secret_key.empty()) return std::nullopt;
  return found;
}

Profiles::Profiles(const S3Options& options, TextOf file) : file_(std::move(file)) {
  const auto home = variable(options, "HOME").value_or("");
  credentials_path_ = variable(options, "AWS_SHARED_CREDENTIALS_FILE").value_or(home + "/.aws/credentials");
  config_path_ = variable(options, "AWS_CONFIG_FILE").value_or(home + "/.aws/config");
}

Profile Profiles::of(std::string_view name) const {
  Profile found;
  if (const auto text = file_(credentials_path_)) found = parse_profile(*text, name, SharedFile::credentials);
  if (const auto text = file_(config_path_)) {
    auto further = parse_profile(*text, name, SharedFile::config);
    // Keys of the two are not mixed.
    if (found.contains("aws_access_key_id"))
      for (const auto* key : {"aws_access_key_id", "aws_secret_access_key", "aws_session_token"})
        further.erase(key);
    found.merge(further);
  }
  return found;
}

}  // namespace granary::blob::s3
