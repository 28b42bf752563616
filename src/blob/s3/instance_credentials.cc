#include "blob/s3/instance_credentials.h"

#include <fmt/format.h>

#include "base/text.h"
#include "base/uri.h"
#include "blob/s3/service_credentials.h"

namespace granary::blob::s3 {
namespace {

class Instance final : public CredentialSource {
 public:
  Instance(std::string endpoint, std::string tried)
      : endpoint_(std::move(endpoint)),
        tried_(std::move(tried)),
        name_("the role of this machine (" + endpoint_ + ")") {}

  Result<Credentials> fetch(const Context& ctx) override {
    const auto token = ask(ctx, {.method = "PUT",
                                 .url = endpoint_ + "/latest/api/token",
                                 .headers = {{"X-aws-ec2-metadata-token-ttl-seconds", "21600"}}});
    if (!token && token.error().code() == Errc::cancelled) return tl::unexpected(token.error());
    if (!token || !token->ok())
      return fail(Errc::unavailable,
                  "no credentials for S3Storage, and the metadata service of the machine at " + endpoint_ +
                      (token ? fmt::format(" answers {}", token->status) : " does not answer"),
                  tried_ + "; set one of them, or give the machine a role");
    const std::string base = endpoint_ + "/latest/meta-data/iam/security-credentials/";
    const auto roles = TRY(get(ctx, base, token->body));
    const auto lines = split(roles, '\n');
    const std::string role(trim(lines.front()));
    const std::string document = TRY(get(ctx, base + percent_encode(role), token->body));
    return parse_service_credentials(document, endpoint_);
  }
  const std::string& name() const noexcept override { return name_; }

 private:
  Result<net::Response> ask(const Context& ctx, const net::Request& request) {
    return net::with_retries(ctx, kNextDoorRetry, [&] { return http_.request(ctx, request); });
  }
  Result<std::string> get(const Context& ctx, const std::string& url, const std::string& token) {
    auto answer = TRY(ask(ctx, {.url = url, .headers = {{"X-aws-ec2-metadata-token", token}}}));
    if (answer.status == 404 || (answer.ok() && trim(answer.body).empty()))
      return fail(Errc::unavailable, "no credentials for S3Storage: this machine has no role",
                  tried_ + "; set one of them, or give the machine a role");
    if (!answer.ok())
      return fail(
          Errc::unavailable,
          fmt::format("the metadata service of the machine at {} answers {}", endpoint_, answer.status),
          "try again");
    return std::move(answer.body);
  }

  const std::string endpoint_, tried_, name_;
  net::HttpClient http_{next_door()};
};

}  // namespace

std::unique_ptr<CredentialSource> instance_credentials(const S3Options& options, std::string tried) {
  if (equals_ignore_case(variable(options, "AWS_EC2_METADATA_DISABLED").value_or(""), "true")) return nullptr;
  const bool six =
      equals_ignore_case(variable(options, "AWS_EC2_METADATA_SERVICE_ENDPOINT_MODE").value_or(""), "ipv6");
  std::string endpoint = variable(options, "AWS_EC2_METADATA_SERVICE_ENDPOINT")
                             .value_or(six ? "http://[fd00:ec2::254]" : "http://169.254.169.254");
  while (endpoint.ends_with('/')) endpoint.pop_back();
  return std::make_unique<Instance>(std::move(endpoint), std::move(tried));
}

}  // namespace granary::blob::s3
