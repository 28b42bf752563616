#include "blob/s3/credentials.h"

#include "base/text.h"

namespace granary::blob::s3 {

std::optional<Credentials> parse_profile(std::string_view text, std::string_view profile) {
  Credentials found;
  bool inside = false;
  for (const auto raw : split(text, '\n')) {
    const auto line = trim(raw);
    if (line.empty() || line[0] == '#' || line[0] == ';') continue;
    if (line[0] == '[') {
      inside = line.ends_with(']') && trim(line.substr(1, line.size() - 2)) == profile;
      continue;
    }
    const auto equals = line.find('=');
    if (!inside || equals == line.npos) continue;
    const std::string name = lower(trim(line.substr(0, equals)));
    const std::string value(trim(line.substr(equals + 1)));
    if (name == "aws_access_key_id")
      found.access_key = value;
    else if (name == "aws_secret_access_key")
      found.secret_key = value;
    else if (name == "aws_session_token")
      found.session_token = value;
  }
  if (found.access_key.empty() || found.secret_key.empty()) return std::nullopt;
  return found;
}

Result<Credentials> find_credentials(const S3Options& options, const TextOf& file) {
  if (options.access_key.empty() != options.secret_key.empty())
    return fail(Errc::invalid_argument, "one of the two keys in the credentials of S3Storage is missing",
                "set both the access key and the secret key, or neither");
  if (!options.access_key.empty())
    return Credentials{options.access_key, options.secret_key, options.session_token};
  const auto variable = [&](const char* name) -> std::optional<std::string> {
    const auto found = options.environment.find(name);
    if (found == options.environment.end() || found->second.empty()) return std::nullopt;
    return found->second;
  };
  if (options.profile.empty()) {
    const auto access = variable("AWS_ACCESS_KEY_ID"), secret = variable("AWS_SECRET_ACCESS_KEY");
    if (access && secret) return Credentials{*access, *secret, variable("AWS_SESSION_TOKEN").value_or("")};
  }
  const std::string profile =
      options.profile.empty() ? variable("AWS_PROFILE").value_or("default") : options.profile;
  const std::string path =
      variable("AWS_SHARED_CREDENTIALS_FILE").value_or(variable("HOME").value_or("") + "/.aws/credentials");
  if (const auto text = file(path)) {
    if (auto found = parse_profile(*text, profile)) return std::move(*found);
    return fail(Errc::invalid_argument, "no keys for the profile '" + profile + "' in " + path,
                "correct S3Storage.Profile, or add the profile to that file");
  }
  return fail(
      Errc::invalid_argument, "no credentials for S3Storage",
      "set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY in the server's environment, or write " + path);
}

}  // namespace granary::blob::s3
