#include "blob/s3/web_identity.h"

#include "base/text.h"
#include "blob/s3/sts.h"

namespace granary::blob::s3 {
namespace {

class ByWebIdentity final : public CredentialSource {
 public:
  ByWebIdentity(const S3Options& options, TextOf file, WebIdentity of)
      : file_(std::move(file)),
        of_(std::move(of)),
        name_("the web identity of the role " + of_.role + " (" + of_.from + ")"),
        sts_(options) {}

  Result<Credentials> fetch(const Context& ctx) override {
    const auto token = file_(of_.token_file);
    if (!token || trim(*token).empty())
      return fail(Errc::invalid_argument, "no token in the file " + of_.token_file, "correct " + of_.from);
    Pairs form = {{"RoleArn", of_.role},
                  {"RoleSessionName", of_.session},
                  {"WebIdentityToken", std::string(trim(*token))}};
    if (!of_.seconds.empty()) form.emplace_back("DurationSeconds", of_.seconds);
    return sts_.ask(
        ctx,
        {.action = "AssumeRoleWithWebIdentity",
         .form = std::move(form),
         .in_vain = "check the role (AWS_ROLE_ARN, or role_arn of a profile) and that it trusts this "
                    "service account"},
        nullptr);
  }
  const std::string& name() const noexcept override { return name_; }

 private:
  const TextOf file_;
  const WebIdentity of_;
  const std::string name_;
  Sts sts_;
};

}  // namespace

std::unique_ptr<CredentialSource> web_identity(const S3Options& options, const TextOf& file, WebIdentity of) {
  if (of.session.empty()) of.session = session_name();
  return std::make_unique<ByWebIdentity>(options, file, std::move(of));
}

Result<std::unique_ptr<CredentialSource>> web_identity(const S3Options& options, const TextOf& file) {
  const auto token_file = variable(options, "AWS_WEB_IDENTITY_TOKEN_FILE");
  if (!token_file) return nullptr;
  const auto role = variable(options, "AWS_ROLE_ARN");
  if (!role)
    return fail(Errc::invalid_argument, "AWS_WEB_IDENTITY_TOKEN_FILE is set, but AWS_ROLE_ARN is not",
                "set it to the role that the token stands for");
  return web_identity(options, file,
                      WebIdentity{.token_file = *token_file,
                                  .role = *role,
                                  .session = variable(options, "AWS_ROLE_SESSION_NAME").value_or(""),
                                  .seconds = {},
                                  .from = "AWS_WEB_IDENTITY_TOKEN_FILE"});
}

}  // namespace granary::blob::s3
