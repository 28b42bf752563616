#include "blob/s3/profile_credentials.h"

#include <fmt/format.h>

#include <algorithm>
#include <vector>

#include "base/text.h"
#include "blob/s3/container_credentials.h"
#include "blob/s3/instance_credentials.h"
#include "blob/s3/profiles.h"
#include "blob/s3/sts.h"
#include "blob/s3/web_identity.h"

namespace granary::blob::s3 {
namespace {

class OfFiles final : public CredentialSource {
 public:
  OfFiles(Profiles profiles, std::string profile)
      : profiles_(std::move(profiles)),
        profile_(std::move(profile)),
        name_("the profile '" + profile_ + "' in " + profiles_.credentials_path()) {}
  Result<Credentials> fetch(const Context&) override {
    if (auto found = keys_of(profiles_.of(profile_))) return *std::move(found);
    return fail(Errc::invalid_argument,
                fmt::format("no keys for the profile '{}' in {} or {}", profile_,
                            profiles_.credentials_path(), profiles_.config_path()),
                "correct S3Storage.Profile or AWS_PROFILE, or add the profile to one of these files");
  }
  const std::string& name() const noexcept override { return name_; }

 private:
  const Profiles profiles_;
  const std::string profile_, name_;
};

class OfRole final : public CredentialSource {
 public:
  OfRole(const S3Options& options, std::unique_ptr<CredentialSource> source, RoleQuestion question,
         const std::string& role)
      : source_(std::move(source)),
        question_(std::move(question)),
        name_("the role " + role + " by " + source_->name()),
        sts_(options) {}
  Result<Credentials> fetch(const Context& ctx) override {
    const auto own = TRY(source_->fetch(ctx));
    return sts_.ask(ctx, question_, &own);
  }
  const std::string& name() const noexcept override { return name_; }

 private:
  const std::unique_ptr<CredentialSource> source_;
  const RoleQuestion question_;
  const std::string name_;
  Sts sts_;
};

/// Walks from profile to profile.
class Finder {
 public:
  Finder(const S3Options& options, const TextOf& file)
      : options_(&options), file_(&file), profiles_(options, file) {}

  Result<std::unique_ptr<CredentialSource>> find(std::string_view name) {
    const auto profile = profiles_.of(name);
    const auto value = [&](const char* key) {
      const auto found = profile.find(key);
      return found == profile.end() ? std::string() : found->second;
    };
    const auto role = value("role_arn");
    if (role.empty()) {
      for (const auto* key : {"credential_process", "sso_session", "sso_start_url"}) {
        if (!value(key).empty() && !keys_of(profile)) return refused(name, key, "is not taken for keys");
      }
      return std::make_unique<OfFiles>(profiles_, std::string(name));
    }
    if (!value("mfa_serial").empty()) return refused(name, "mfa_serial", "needs somebody who types a code");
    if (const auto token = value("web_identity_token_file"); !token.empty())
      return web_identity(*options_, *file_,
                          WebIdentity{.token_file = token,
                                      .role = role,
                                      .session = value("role_session_name"),
                                      .seconds = value("duration_seconds"),
                                      .from = fmt::format("the profile '{}'", name)});
    RoleQuestion question{.action = "AssumeRole", .form = {{"RoleArn", role}}, .in_vain = {}};
    const auto session = value("role_session_name");
    question.form.emplace_back("RoleSessionName", session.empty() ? session_name() : session);
    for (const auto& [key, parameter] :
         {std::pair("external_id", "ExternalId"), std::pair("duration_seconds", "DurationSeconds")}) {
      if (auto given = value(key); !given.empty()) question.form.emplace_back(parameter, std::move(given));
    }
    auto source = TRY(source_of(name, profile, value("source_profile"), value("credential_source")));
    question.in_vain =
        fmt::format("check role_arn of the profile '{}' and that the role trusts {}", name, source->name());
    return std::make_unique<OfRole>(*options_, std::move(source), std::move(question), role);
  }

 private:
  Result<std::unique_ptr<CredentialSource>> source_of(std::string_view name, const Profile& profile,
                                                      const std::string& source_profile,
                                                      const std::string& credential_source) {
    if (source_profile.empty() == credential_source.empty())
      return refused(name, "role_arn", "needs one of source_profile and credential_source");
    if (source_profile == name && keys_of(profile))  // its own keys may ask for its role
      return std::make_unique<OfFiles>(profiles_, std::string(name));
    if (!source_profile.empty()) {
      seen_.emplace_back(name);
      if (std::find(seen_.begin(), seen_.end(), source_profile) != seen_.end())
        return refused(name, "source_profile", "leads back to '" + source_profile + "'");
      return find(source_profile);
    }
    if (credential_source == "Environment") {
      const auto set = [&](const char* key) { return variable(*options_, key).value_or(""); };
      Credentials keys{set("AWS_ACCESS_KEY_ID"), set("AWS_SECRET_ACCESS_KEY"), set("AWS_SESSION_TOKEN")};
      if (keys.access_key.empty() || keys.secret_key.empty())
        return refused(name, "credential_source",
                       "is Environment, but AWS_ACCESS_KEY_ID or AWS_SECRET_ACCESS_KEY is not set");
      return fixed_credentials(std::move(keys), "the environment (AWS_ACCESS_KEY_ID)");
    }
    std::unique_ptr<CredentialSource> source;
    if (credential_source == "EcsContainer") source = TRY(container_credentials(*options_, *file_));
    if (credential_source == "Ec2InstanceMetadata")
      source = instance_credentials(*options_, fmt::format("asked by the profile '{}'", name));
    if (!source)
      return refused(name, "credential_source", "is " + credential_source + ", which is not there");
    return source;
  }

  tl::unexpected<Error> refused(std::string_view name, std::string_view key, const std::string& why) const {
    return fail(Errc::invalid_argument, fmt::format("{} of the profile '{}' {}", key, name, why),
                fmt::format("correct {} or {}", profiles_.config_path(), profiles_.credentials_path()));
  }

  const S3Options* options_;
  const TextOf* file_;
  Profiles profiles_;
  std::vector<std::string> seen_;
};

}  // namespace

Result<std::unique_ptr<CredentialSource>> profile_credentials(const S3Options& options, const TextOf& file,
                                                              std::string_view profile) {
  return Finder(options, file).find(profile);
}

bool has_credentials(const S3Options& options, const TextOf& file, std::string_view profile) {
  const auto found = Profiles(options, file).of(profile);
  return keys_of(found).has_value() || found.contains("role_arn") || found.contains("credential_process");
}

}  // namespace granary::blob::s3
