#include "blob/s3/credentials.h"

#include "base/text.h"
#include "blob/s3/container_credentials.h"
#include "blob/s3/instance_credentials.h"
#include "blob/s3/web_identity.h"

namespace granary::blob::s3 {
namespace {

class Fixed final : public CredentialSource {
 public:
  Fixed(Credentials credentials, std::string name)
      : credentials_(std::move(credentials)), name_(std::move(name)) {}
  Result<Credentials> fetch(const Context&) override { return credentials_; }
  const std::string& name() const noexcept override { return name_; }

 private:
  const Credentials credentials_;
  const std::string name_;
};

/// Read again when asked: others write new keys there before the old ones expire.
class SharedFile final : public CredentialSource {
 public:
  SharedFile(TextOf file, std::string path, std::string profile)
      : file_(std::move(file)),
        path_(std::move(path)),
        profile_(std::move(profile)),
        name_("the profile '" + profile_ + "' in " + path_) {}
  Result<Credentials> fetch(const Context&) override {
    const auto text = file_(path_);
    if (!text)
      return fail(Errc::invalid_argument, "the credentials file " + path_ + " cannot be read",
                  "write it, or set AWS_SHARED_CREDENTIALS_FILE");
    auto found = parse_profile(*text, profile_);
    if (!found)
      return fail(Errc::invalid_argument, "no keys for the profile '" + profile_ + "' in " + path_,
                  "correct S3Storage.Profile or AWS_PROFILE, or add the profile to that file");
    return std::move(*found);
  }
  const std::string& name() const noexcept override { return name_; }

 private:
  const TextOf file_;
  const std::string path_, profile_, name_;
};

}  // namespace

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

std::optional<std::string> variable(const S3Options& options, const std::string& name) {
  const auto found = options.environment.find(name);
  if (found == options.environment.end() || found->second.empty()) return std::nullopt;
  return found->second;
}

std::unique_ptr<CredentialSource> fixed_credentials(Credentials credentials, std::string name) {
  return std::make_unique<Fixed>(std::move(credentials), std::move(name));
}

Result<std::unique_ptr<CredentialSource>> find_credentials(const S3Options& options, const TextOf& file) {
  if (options.access_key.empty() != options.secret_key.empty())
    return fail(Errc::invalid_argument, "one of the two keys in the credentials of S3Storage is missing",
                "set both S3Storage.AccessKeyID and S3Storage.SecretAccessKey, or neither");
  if (!options.access_key.empty())
    return fixed_credentials({options.access_key, options.secret_key, options.session_token},
                             "the settings (S3Storage.AccessKeyID)");
  const auto set = [&](const char* name) { return variable(options, name); };
  const std::string path =
      set("AWS_SHARED_CREDENTIALS_FILE").value_or(set("HOME").value_or("") + "/.aws/credentials");
  if (!options.profile.empty()) return std::make_unique<SharedFile>(file, path, options.profile);

  const auto access = set("AWS_ACCESS_KEY_ID"), secret = set("AWS_SECRET_ACCESS_KEY");
  if (access.has_value() != secret.has_value())
    return fail(Errc::invalid_argument,
                access ? "AWS_ACCESS_KEY_ID is set, but AWS_SECRET_ACCESS_KEY is not"
                       : "AWS_SECRET_ACCESS_KEY is set, but AWS_ACCESS_KEY_ID is not",
                "set both in the server's environment, or neither");
  if (access)
    return fixed_credentials({*access, *secret, set("AWS_SESSION_TOKEN").value_or("")},
                             "the environment (AWS_ACCESS_KEY_ID)");

  if (auto source = TRY(web_identity(options, file))) return source;

  const auto profile = set("AWS_PROFILE");
  const auto text = file(path);
  if (profile || (text && parse_profile(*text, "default")))
    return std::make_unique<SharedFile>(file, path, profile.value_or("default"));

  if (auto source = TRY(container_credentials(options, file))) return source;

  const std::string tried =
      "tried S3Storage.AccessKeyID and Profile, AWS_ACCESS_KEY_ID, AWS_WEB_IDENTITY_TOKEN_FILE, " + path +
      (text ? " (no profile 'default' there)" : " (not there)") + ", AWS_CONTAINER_CREDENTIALS_FULL_URI";
  if (auto source = instance_credentials(options, tried)) return source;
  return fail(Errc::invalid_argument, "no credentials for S3Storage",
              tried + "; AWS_EC2_METADATA_DISABLED forbids to ask the machine");
}

}  // namespace granary::blob::s3
