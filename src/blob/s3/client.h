#pragma once
/// The S3 calls that a blob store needs, signed and retried.

#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "base/bytes.h"
#include "base/context.h"
#include "blob/blob_store.h"
#include "blob/s3/credential_cache.h"
#include "blob/s3/endpoint.h"
#include "blob/s3/objects.h"
#include "blob/s3/signed_request.h"
#include "blob/s3/signing_clock.h"
#include "blob/s3/store_outage.h"
#include "blob/s3/xml.h"
#include "net/http_client.h"
#include "net/retry.h"

namespace granary::blob::s3 {

struct ClientSettings {
  Endpoint endpoint;
  std::string bucket;
  std::string region;
  std::shared_ptr<CredentialCache> credentials;
  net::ClientOptions http{};
  net::RetryPolicy retry{};
  std::uint64_t part_size = 16 << 20;  // larger objects are uploaded in parts of this size
  Pairs encryption{};                  // headers that ask the store to encrypt what it is given
  Endpoint public_endpoint{};          // of the same bucket, as others reach it; no host: `endpoint`
  std::chrono::seconds direct_url_lifetime{600};
  std::chrono::milliseconds outage_patience{0};  // a failure of an outage that is younger is Error::brief
  const Clock* clock = nullptr;                  // outlives it; null: that of the machine
  std::function<void(std::string_view method, int status)> on_answer{};  // each attempt; 0: no answer
};

/// A wrong clock of this machine is made up for (signing_clock.h). Safe for concurrent use. Time-outs, broken
/// connections and 5xx are tried again within the context's deadline. Failures: not_found (the object),
/// unavailable (all else that the server or the network did; the hint names the setting that may be wrong;
/// Error::brief while an outage is young),
/// cancelled, corrupt (answers that make no sense), or what a callback returned.
class S3Client {
 public:
  explicit S3Client(ClientSettings settings)
      : settings_(that_retries_conflicts(std::move(settings))),
        service_{settings_.endpoint.origin, settings_.endpoint.host, settings_.region, "s3"},
        http_(settings_.http),
        outage_(settings_.outage_patience) {}

  /// Absent when there is no such object.
  Result<std::optional<ObjectInfo>> head(const Context& ctx, const std::string& key);

  /// `begin` once with the size of the whole object, before the first byte; then `sink`. A download that
  /// breaks off goes on where it stopped.
  Result<> get(const Context& ctx, const std::string& key, Range range,
               const std::function<Result<>(std::uint64_t whole)>& begin,
               const std::function<Result<>(ByteSpan)>& sink);

  /// `digest` is that of `body`, when it is known already; the server checks it. In parts when large; aborted
  /// when it fails.
  Result<> put(const Context& ctx, const std::string& key, const ByteSource& body,
               const std::optional<Digest>& digest);
  /// A URL for others, until the lifetime of the settings is over; absent when our credentials end before it
  /// is of use.
  Result<std::optional<DirectUrl>> presign(const Context& ctx, const std::string& key,
                                           const Presentation& as);
  /// Makes the object as new (Last-Modified) without sending it again.
  Result<> touch(const Context& ctx, const std::string& key);
  Result<> remove(const Context& ctx, const std::string& key);
  /// Every object whose key begins with `prefix` (keys without the endpoint's prefix).
  Result<> list(const Context& ctx, const std::string& prefix,
                const std::function<Result<>(const ObjectInfo&)>& each);
  /// Ends the uploads in parts that began before then, below the endpoint's prefix: how many.
  Result<std::size_t> abort_uploads(const Context& ctx, Time before);

  const std::shared_ptr<CredentialCache>& credentials() const noexcept { return settings_.credentials; }
  std::uint64_t part_size() const noexcept { return settings_.part_size; }

 private:
  static ClientSettings that_retries_conflicts(ClientSettings settings) {
    settings.retry.conflicts = true;
    return settings;
  }
  struct Call;
  Result<net::Response> once(const Context& ctx, const Credentials& credentials, const Call& call);
  Result<net::Response> send(const Context& ctx, const Call& call);
  Result<net::Response> expect_ok(const Context& ctx, const Call& call);
  Result<> put_whole(const Context& ctx, const std::string& key, const ByteSource& body,
                     const std::optional<Digest>& digest);
  Result<> put_parts(const Context& ctx, const std::string& key, const ByteSource& body);
  Result<> abort(const Context& ctx, const std::string& path, const std::string& upload);
  Pairs content_headers() const;
  Result<> upload_parts(const Context& ctx, const std::string& key, const std::string& upload,
                        const ByteSource& body);
  tl::unexpected<Error> too_slow() const;
  tl::unexpected<Error> refused(const net::Response& response) const;
  void note(const Result<net::Response>& response);
  /// The end of a series of attempts; `answers_at_begin`: see StoreOutage.
  tl::unexpected<Error> judged(Error error, std::uint64_t answers_at_begin) const;
  /// Waits before the next attempt; the error when there shall be none.
  Result<> pause(const Context& ctx, int failed, const std::function<tl::unexpected<Error>()>& give_up) const;

  const ClientSettings settings_;
  const Service service_;
  SigningClock signing_{settings_.clock};
  net::HttpClient http_;
  StoreOutage outage_;
};

}  // namespace granary::blob::s3
