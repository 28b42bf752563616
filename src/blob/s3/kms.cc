#include "blob/s3/kms.h"

#include <fmt/format.h>

#include "base/hash.h"
#include "base/json.h"
#include "base/text.h"
#include "blob/s3/credentials.h"
#include "blob/s3/endpoint.h"

namespace granary::blob::s3 {
namespace {

/// KMS gives a key back only with the same context, and logs it. That of an object of version 1 is useless
/// for other content.
void write_context(JsonWriter& json, const Digest* of) {
  json.key("EncryptionContext");
  json.begin_object();
  if (of) {
    json.member("sha256", of->hex());
  } else {
    json.member("granary", "sealed objects");
  }
  json.end_object();
}

tl::unexpected<Error> no_answer() {
  return fail(Errc::corrupt, "the answer of the key service holds no data key",
              "check S3Storage.KMSEndpoint");
}

Result<std::shared_ptr<const KeyMaterial>> key_of(const Json& answer) {
  auto key = unbase64(answer["Plaintext"].string().value_or(""));
  if (!key || key->size() != AeadKey::kSize) return no_answer();
  return std::make_shared<const KeyMaterial>(*std::move(key));
}

}  // namespace

Result<std::string> Kms::call(const Context& ctx, std::string_view action, std::string body) {
  const MemorySource source(std::move(body));
  SigningRequest signing;
  signing.method = "POST";
  signing.path = "/";
  signing.headers = {{"Content-Type", "application/x-amz-json-1.1"},
                     {"X-Amz-Target", "TrentService." + std::string(action)}};
  signing.payload_sha256 = sha256(*source.in_memory()).hex();
  auto credentials = TRY(settings_.credentials->get(ctx));
  for (bool again = false;; again = true) {
    Time signed_at;
    auto answer = TRY(net::with_retries(ctx, settings_.retry, [&] {
      signed_at = signing_.now();
      auto request = signed_request(settings_.service, credentials, signed_at, signing);
      request.body = &source;
      auto response = http_.request(ctx, request);
      if (settings_.on_answer) settings_.on_answer(action, response ? response->status : 0);
      return response;
    }));
    if (answer.ok()) return std::move(answer.body);
    if (!again && signing_.correct(answer, signed_at)) continue;
    const auto document = Json::parse(answer.body);
    std::string_view code = document ? (*document)["__type"].string().value_or("") : "";
    if (const auto hash = code.find('#'); hash != code.npos) code.remove_prefix(hash + 1);
    if (code == "InvalidCiphertextException")
      return fail(Errc::corrupt, "the encrypted key of an object is damaged, or of another object",
                  "run: granary verify");
    if (code == "ExpiredTokenException" && !again) {
      if (auto others = settings_.credentials->after_refusal(ctx, credentials)) {
        credentials = std::move(*others);
        continue;
      }
    }
    const std::string message(document ? (*document)["message"].string().value_or("") : "");
    auto refused = fail(Errc::unavailable,
                        fmt::format("the key service refuses {} ({} {})", action, answer.status, code),
                        net::is_retryable(answer.status)
                            ? "try again later"
                            : "check S3Storage.KeyID, S3Storage.KMSEndpoint, and that the credentials of " +
                                  settings_.credentials->name() + " may kms:GenerateDataKey and kms:Decrypt");
    // For operators alone: it names the role and the key.
    return tl::unexpected<Error>(std::move(refused.value()).note("it said: " + message));
  }
}

Result<DataKey> Kms::generate(const Context& ctx, const Digest* of) {
  JsonWriter json;
  json.begin_object();
  json.member("KeyId", settings_.key_id);
  json.member("KeySpec", "AES_256");
  write_context(json, of);
  json.end_object();
  const auto text = TRY(call(ctx, "GenerateDataKey", std::move(json).take()));
  const auto answer = Json::parse(text);
  if (!answer) return no_answer();
  DataKey out;
  out.key = TRY(key_of(*answer));
  out.key_id = (*answer)["KeyId"].string().value_or("");
  const auto encrypted = unbase64((*answer)["CiphertextBlob"].string().value_or(""));
  if (!encrypted || encrypted->empty() || out.key_id.empty()) return no_answer();
  out.encrypted = *encrypted;
  return out;
}

Result<std::shared_ptr<const KeyMaterial>> Kms::decrypt(const Context& ctx, const Digest& digest,
                                                        const Envelope& envelope) {
  JsonWriter json;
  json.begin_object();
  json.member("KeyId", envelope.key_id);
  json.member("CiphertextBlob", base64(as_bytes(envelope.encrypted_key)));
  write_context(json, envelope.salt.empty() ? &digest : nullptr);
  json.end_object();
  const auto text = TRY(call(ctx, "Decrypt", std::move(json).take()));
  const auto answer = Json::parse(text);
  if (!answer) return no_answer();
  return key_of(*answer);
}

Result<Service> kms_service(const S3Options& options) {
  Service out{.origin = {}, .host = {}, .region = options.region, .name = "kms"};
  if (options.key_id.starts_with("arn:")) {  // arn:aws:kms:REGION:account:key/id
    const auto parts = split(options.key_id, ':');
    if (parts.size() < 6 || parts[2] != "kms" || parts[3].empty())
      return fail(Errc::invalid_argument, "S3Storage.KeyID is not the ARN of a key: " + options.key_id,
                  "such as arn:aws:kms:eu-west-1:123456789012:key/…");
    out.region = parts[3];
  }
  out.origin =
      !options.kms_endpoint.empty()
          ? options.kms_endpoint
          : variable(options, "AWS_ENDPOINT_URL_KMS").value_or("https://" + aws_host("kms", out.region));
  while (out.origin.ends_with('/')) out.origin.pop_back();
  const bool secure = starts_with_ignore_case(out.origin, "https://");
  if (!secure && !starts_with_ignore_case(out.origin, "http://"))
    return fail(Errc::invalid_argument, "S3Storage.KMSEndpoint is not an address: " + out.origin,
                "such as https://kms.eu-west-1.amazonaws.com");
  out.host = std::string(without_own_port(std::string_view(out.origin).substr(secure ? 8 : 7), secure));
  if (out.host.empty() || out.host.find('/') != std::string::npos)
    return fail(Errc::invalid_argument, "S3Storage.KMSEndpoint is not an address: " + out.origin,
                "give it without a path");
  return out;
}

}  // namespace granary::blob::s3
