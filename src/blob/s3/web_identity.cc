#include "blob/s3/web_identity.h"

#include <fmt/format.h>

#include "base/hash.h"
#include "base/text.h"
#include "base/uri.h"
#include "blob/s3/endpoint.h"
#include "blob/s3/xml.h"
#include "net/retry.h"

namespace granary::blob::s3 {
namespace {

class WebIdentity final : public CredentialSource {
 public:
  WebIdentity(TextOf file, std::string token_file, std::string role, std::string session,
              std::string endpoint)
      : file_(std::move(file)),
        token_file_(std::move(token_file)),
        role_(std::move(role)),
        session_(std::move(session)),
        endpoint_(std::move(endpoint)),
        name_("the web identity of the role " + role_ + " (AWS_WEB_IDENTITY_TOKEN_FILE)") {}

  Result<Credentials> fetch(const Context& ctx) override {
    const auto token = file_(token_file_);
    if (!token || trim(*token).empty())
      return fail(Errc::invalid_argument, "no token in the file " + token_file_,
                  "correct AWS_WEB_IDENTITY_TOKEN_FILE");
    const MemorySource form(canonical_query({{"Action", "AssumeRoleWithWebIdentity"},
                                             {"Version", "2011-06-15"},
                                             {"RoleArn", role_},
                                             {"RoleSessionName", session_},
                                             {"WebIdentityToken", std::string(trim(*token))}}));
    net::Request request{.method = "POST", .url = endpoint_ + "/"};
    request.headers = {{"Content-Type", "application/x-www-form-urlencoded"}};
    request.body = &form;
    const auto answer = TRY(net::with_retries(ctx, {}, [&] { return http_.request(ctx, request); }));
    if (answer.ok()) return parse_assumed_role(answer.body);
    const auto service = parse_error(answer.body);
    return fail(net::is_retryable(answer.status) ? Errc::unavailable : Errc::invalid_argument,
                fmt::format("{} refuses the role {} ({} {})", endpoint_, role_, answer.status, service.code),
                "check AWS_ROLE_ARN and that the role trusts this service account: " + service.message);
  }
  const std::string& name() const noexcept override { return name_; }

 private:
  const TextOf file_;
  const std::string token_file_, role_, session_, endpoint_, name_;
  net::HttpClient http_{net::ClientOptions{.idle_connections = 1}};
};

}  // namespace

Result<Credentials> parse_assumed_role(std::string_view document) {
  const std::string_view base =
      "AssumeRoleWithWebIdentityResponse/AssumeRoleWithWebIdentityResult/Credentials/";
  Credentials found;
  TRY(read_xml(document, [&](std::string_view path, const std::string& text) -> Result<> {
    if (!path.starts_with(base)) return {};
    const auto name = path.substr(base.size());
    if (name == "AccessKeyId") found.access_key = text;
    if (name == "SecretAccessKey") found.secret_key = text;
    if (name == "SessionToken") found.session_token = text;
    if (name == "Expiration") found.expires = parse_iso8601(text);
    return {};
  }));
  if (found.access_key.empty() || found.secret_key.empty() || found.session_token.empty() || !found.expires)
    return fail(Errc::corrupt, "the answer to AssumeRoleWithWebIdentity holds no credentials",
                "check AWS_ENDPOINT_URL_STS");
  return found;
}

Result<std::unique_ptr<CredentialSource>> web_identity(const S3Options& options, const TextOf& file) {
  const auto token_file = variable(options, "AWS_WEB_IDENTITY_TOKEN_FILE");
  if (!token_file) return nullptr;
  const auto role = variable(options, "AWS_ROLE_ARN");
  if (!role)
    return fail(Errc::invalid_argument, "AWS_WEB_IDENTITY_TOKEN_FILE is set, but AWS_ROLE_ARN is not",
                "set it to the role that the token stands for");
  const std::string region = variable(options, "AWS_REGION")
                                 .value_or(variable(options, "AWS_DEFAULT_REGION").value_or(options.region));
  std::string endpoint =
      variable(options, "AWS_ENDPOINT_URL_STS").value_or("https://" + aws_host("sts", region));
  while (endpoint.ends_with('/')) endpoint.pop_back();
  return std::make_unique<WebIdentity>(
      file, *token_file, *role,
      variable(options, "AWS_ROLE_SESSION_NAME").value_or("granary-" + hex(as_bytes(random_bytes(8)))),
      std::move(endpoint));
}

}  // namespace granary::blob::s3
