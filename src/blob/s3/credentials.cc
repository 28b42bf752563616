#include "blob/s3/credentials.h"

#include "blob/s3/container_credentials.h"
#include "blob/s3/instance_credentials.h"
#include "blob/s3/profile_credentials.h"
#include "blob/s3/profiles.h"
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

}  // namespace

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
  if (!options.profile.empty()) return profile_credentials(options, file, options.profile);

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
  if (profile || has_credentials(options, file, "default"))
    return profile_credentials(options, file, profile.value_or("default"));

  if (auto source = TRY(container_credentials(options, file))) return source;

  const auto path = Profiles(options, file).credentials_path();
  const std::string tried =
      "tried S3Storage.AccessKeyID and Profile, AWS_ACCESS_KEY_ID, AWS_WEB_IDENTITY_TOKEN_FILE, " + path +
      (file(path) ? " (no profile 'default' there)" : " (not there)") +
      ", AWS_CONTAINER_CREDENTIALS_FULL_URI";
  if (auto source = instance_credentials(options, tried)) return source;
  return fail(Errc::invalid_argument, "no credentials for S3Storage",
              tried + "; AWS_EC2_METADATA_DISABLED forbids to ask the machine");
}

}  // namespace granary::blob::s3
