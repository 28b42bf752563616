#include "blob/s3/sts.h"

#include <fmt/format.h>

#include "base/hash.h"
#include "base/text.h"
#include "blob/s3/endpoint.h"
#include "blob/s3/xml.h"
#include "net/retry.h"

namespace granary::blob::s3 {
namespace {

std::string value_of(const Pairs& pairs, std::string_view name) {
  for (const auto& [key, value] : pairs) {
    if (key == name) return value;
  }
  return {};
}

}  // namespace

Sts::Sts(const S3Options& options) {
  service_.name = "sts";
  service_.region = variable(options, "AWS_REGION")
                        .value_or(variable(options, "AWS_DEFAULT_REGION").value_or(options.region));
  service_.origin =
      variable(options, "AWS_ENDPOINT_URL_STS").value_or("https://" + aws_host("sts", service_.region));
  while (service_.origin.ends_with('/')) service_.origin.pop_back();
  const bool secure = starts_with_ignore_case(service_.origin, "https://");
  const auto scheme = service_.origin.find("://");
  const auto host = std::string_view(service_.origin).substr(scheme == std::string::npos ? 0 : scheme + 3);
  service_.host = std::string(without_own_port(host, secure));
}

Result<Credentials> Sts::ask(const Context& ctx, const RoleQuestion& question, const Credentials* signer) {
  auto form = question.form;
  form.emplace_back("Action", question.action);
  form.emplace_back("Version", "2011-06-15");
  const MemorySource body(canonical_query(std::move(form)));
  SigningRequest signing;
  signing.method = "POST";
  signing.path = "/";
  signing.headers = {{"Content-Type", "application/x-www-form-urlencoded"}};
  signing.payload_sha256 = sha256(*body.in_memory()).hex();
  for (bool again = false;; again = true) {
    Time signed_at;
    const auto answer = TRY(net::with_retries(ctx, {}, [&] {
      signed_at = clock_.now();
      net::Request request{.method = "POST", .url = service_.origin + "/"};
      if (signer)
        request = signed_request(service_, *signer, signed_at, signing);
      else
        request.headers = {{"Content-Type", "application/x-www-form-urlencoded"}};
      request.body = &body;
      return http_.request(ctx, request);
    }));
    if (answer.ok()) return parse_assumed_role(answer.body, question.action);
    if (signer && !again && clock_.correct(answer, signed_at)) continue;
    const auto refusal = parse_error(answer.body);
    return fail(net::is_retryable(answer.status) ? Errc::unavailable : Errc::invalid_argument,
                fmt::format("{} refuses the role {} ({} {})", service_.origin,
                            value_of(question.form, "RoleArn"), answer.status, refusal.code),
                question.in_vain + ": " + refusal.message);
  }
}

Result<Credentials> parse_assumed_role(std::string_view document, std::string_view action) {
  const auto base = fmt::format("{0}Response/{0}Result/Credentials/", action);
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
    return fail(Errc::corrupt, fmt::format("the answer to {} holds no credentials", action),
                "check AWS_ENDPOINT_URL_STS");
  return found;
}

std::string session_name() { return "granary-" + hex(as_bytes(random_bytes(8))); }

}  // namespace granary::blob::s3
