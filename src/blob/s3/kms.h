#pragma once
/// The two calls of AWS KMS that envelope encryption needs.
/// docs.aws.amazon.com/kms/latest/APIReference/API_GenerateDataKey.html, API_Decrypt.html

#include <memory>
#include <string>

#include "base/context.h"
#include "blob/open.h"
#include "blob/s3/credential_cache.h"
#include "blob/s3/envelope.h"
#include "blob/s3/key_material.h"
#include "blob/s3/signed_request.h"
#include "blob/s3/signing_clock.h"
#include "net/http_client.h"
#include "net/retry.h"

namespace granary::blob::s3 {

struct DataKey {
  std::shared_ptr<const KeyMaterial> key;
  std::string key_id, encrypted;  // as the envelope keeps them
};

/// Safe for concurrent use. Tried again as S3's calls are. Failures: unavailable (the service; a key that is
/// missing, disabled or not ours to use, which the hint says), corrupt (the encrypted key was damaged, or is
/// of another object).
class Kms {
 public:
  struct Settings {
    Service service;
    std::string key_id;  // id, ARN, or alias/name
    std::shared_ptr<CredentialCache> credentials;
    net::ClientOptions http{};
    net::RetryPolicy retry{};
    const Clock* clock = nullptr;  // outlives it; null: that of the machine
    std::function<void(std::string_view action, int status)> on_answer{};  // each attempt; 0: no answer
  };
  explicit Kms(Settings settings) : settings_(std::move(settings)), http_(settings_.http) {}

  /// A new key, for objects of version 2; with a digest for that object alone, of version 1.
  Result<DataKey> generate(const Context& ctx, const Digest* of = nullptr);
  /// That of an object; one of version 1 is bound to `digest`.
  Result<std::shared_ptr<const KeyMaterial>> decrypt(const Context& ctx, const Digest& digest,
                                                     const Envelope& envelope);

 private:
  Result<std::string> call(const Context& ctx, std::string_view action, std::string body);

  const Settings settings_;
  SigningClock signing_{settings_.clock};
  net::HttpClient http_;
};

/// Where S3Storage.KMSEndpoint, AWS_ENDPOINT_URL_KMS or the region in the key's ARN or of the bucket lead.
/// Errc::invalid_argument names the setting that is wrong.
Result<Service> kms_service(const S3Options& options);

}  // namespace granary::blob::s3
