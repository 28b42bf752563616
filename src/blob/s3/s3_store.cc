#include "blob/s3/s3_store.h"

#include <fcntl.h>

#include <algorithm>
#include <cstring>

#include "blob/layout.h"
#include "blob/open.h"
#include "blob/probe.h"
#include "blob/s3/objects_derived.h"
#include "blob/s3/plain_objects.h"
#include "blob/s3/sealed_objects.h"
#include "blob/spool.h"

namespace granary::blob {
namespace {

constexpr std::uint64_t kReadAhead = 4 << 20;

/// Reads an object in pieces, so that a slow reader holds no connection.
class S3Reader final : public ByteReader {
 public:
  S3Reader(s3::Objects& objects, const Context& ctx, const Digest& digest)
      : objects_(objects), ctx_(ctx), digest_(digest) {}

  /// The next piece; at first it says whether the object exists.
  Result<> fetch() {
    buffer_.clear();
    at_ = 0;
    auto got = objects_.get(
        ctx_, digest_, {.offset = next_, .length = kReadAhead},
        [&](std::uint64_t whole) -> Result<> {
          whole_ = whole;
          return {};
        },
        [&](ByteSpan bytes) -> Result<> {
          if (buffer_.size() + bytes.size() > kReadAhead)
            return fail(Errc::corrupt, "the object store sent more than was asked",
                        "check S3Storage.Endpoint");
          buffer_ += as_text(bytes);
          return {};
        });
    next_ += buffer_.size();
    return got;
  }

  Result<std::size_t> read(std::span<std::byte> out) override {
    if (at_ == buffer_.size()) {
      if (next_ >= whole_) return std::size_t{0};
      TRY(fetch());
      if (buffer_.empty())
        return fail(Errc::corrupt, "an object became shorter while it was read", "run: granary verify");
    }
    const std::size_t n = std::min(out.size(), buffer_.size() - at_);
    std::memcpy(out.data(), buffer_.data() + at_, n);
    at_ += n;
    return n;
  }

 private:
  s3::Objects& objects_;
  const Context ctx_;
  const Digest digest_;
  std::string buffer_;
  std::size_t at_ = 0;
  std::uint64_t next_ = 0, whole_ = 0;
};

class S3Writer final : public Writer {
 public:
  S3Writer(s3::Objects& objects, std::uint64_t part_size, DiskCache& cache, const Context& ctx,
           std::unique_ptr<Spool> spool)
      : objects_(objects), part_size_(part_size), cache_(cache), ctx_(ctx), spool_(std::move(spool)) {}

  Result<> write(ByteSpan data) override { return spool_->write(data); }

  Result<BlobInfo> commit(std::optional<Digest> expected) override {
    const Digest digest = TRY(spool_->finish(expected));
    TRY(upload(digest));
    cache_.keep(*spool_, digest);
    return BlobInfo{digest, spool_->size(), SystemClock().now()};
  }

 private:
  Result<> upload(const Digest& digest) {
    if (spool_->size() > part_size_) {
      const auto existing = TRY(objects_.find(ctx_, digest));
      if (existing && existing->size == spool_->size() && TRY(made_as_new(*existing))) return {};
    }
    UniqueFd copy(::fcntl(spool_->fd(), F_DUPFD_CLOEXEC, 0));
    if (!copy) return system_error(errno, "open a temporary file");
    const FileSource body(std::move(copy), spool_->size());
    return objects_.put(ctx_, digest, body);
  }

  /// Not every store can copy, none above 5 GB at once, and some copy without a new time (which the
  /// collector's grace period needs): then it is sent again.
  Result<bool> made_as_new(const BlobInfo& existing) {
    if (!objects_.touch(ctx_, existing.digest)) return false;
    const auto after = TRY(objects_.find(ctx_, existing.digest));
    return after && after->size == existing.size && after->stored_at > existing.stored_at;
  }

  s3::Objects& objects_;
  const std::uint64_t part_size_;
  DiskCache& cache_;
  const Context ctx_;
  std::unique_ptr<Spool> spool_;
};

std::optional<std::string> text_of(const std::string& path) {
  auto text = read_file(path, 1 << 20);
  if (!text) return std::nullopt;
  return std::move(*text);
}

/// docs.aws.amazon.com/AmazonS3/latest/userguide/specifying-kms-encryption.html
s3::Pairs server_side(const S3Options& options) {
  s3::Pairs headers;
  if (options.encryption.empty()) return headers;
  headers.emplace_back("X-Amz-Server-Side-Encryption",
                       options.encryption == "aes256" ? "AES256" : options.encryption);
  if (!options.encryption_key_id.empty())
    headers.emplace_back("X-Amz-Server-Side-Encryption-Aws-Kms-Key-Id", options.encryption_key_id);
  return headers;
}

/// No host: that of S3Storage.Endpoint.
Result<s3::Endpoint> public_endpoint(S3Options options) {
  if (options.public_endpoint.empty()) return s3::Endpoint();
  options.endpoint = options.public_endpoint;
  auto made = s3::make_endpoint(options);
  if (!made)
    return fail(Errc::invalid_argument, "S3Storage.PublicEndpoint is not an address: " + options.endpoint,
                made.error().hint());
  return made;
}

net::ClientOptions http_options(const S3Options& options) {
  net::ClientOptions http;
  http.skip_verification = options.skip_verification;
  http.connect_timeout = std::chrono::seconds(5);
  http.idle_timeout = std::chrono::seconds(30);
  return http;
}

Result<std::shared_ptr<s3::S3Client>> make_client(const S3Options& options) {
  static const SystemClock clock;
  auto source = TRY(s3::find_credentials(options, text_of));
  // Not within the list below: what is made there before an error is not freed (GCC 12).
  auto endpoint = TRY(s3::make_endpoint(options));
  auto for_clients = TRY(public_endpoint(options));
  s3::ClientSettings settings{.endpoint = std::move(endpoint),
                              .bucket = options.bucket,
                              .region = options.region,
                              .credentials = std::make_shared<s3::CredentialCache>(std::move(source), clock),
                              .http = http_options(options),
                              .encryption = server_side(options),
                              .public_endpoint = std::move(for_clients),
                              .direct_url_lifetime = options.direct_url_lifetime,
                              .outage_patience = options.outage_patience};
  if (options.on_answer)
    settings.on_answer = [told = options.on_answer](std::string_view method, int status) {
      told("s3", method, status);
    };
  return std::make_shared<s3::S3Client>(std::move(settings));
}

Result<std::unique_ptr<s3::Objects>> make_objects(const S3Options& options,
                                                  std::shared_ptr<s3::S3Client> client, layout::Shelf shelf) {
  if (options.key_id.empty()) return std::make_unique<s3::PlainObjects>(std::move(client), shelf);
  s3::Kms::Settings kms{TRY(s3::kms_service(options)), options.key_id, client->credentials(),
                        http_options(options)};
  if (options.on_answer)
    kms.on_answer = [told = options.on_answer](std::string_view action, int status) {
      told("kms", action, status);
    };
  return std::make_unique<s3::SealedObjects>(std::move(client), std::move(kms), options.older_nodes_read,
                                             shelf);
}

}  // namespace

Result<std::unique_ptr<S3Store>> S3Store::open(std::shared_ptr<s3::S3Client> client,
                                               std::unique_ptr<s3::Objects> objects, std::string cache_folder,
                                               std::uint64_t cache_bytes, Logger log) {
  auto cache = TRY(DiskCache::open(std::move(cache_folder), cache_bytes, std::move(log)));
  return std::unique_ptr<S3Store>(new S3Store(std::move(client), std::move(objects), std::move(cache)));
}

Result<std::optional<BlobInfo>> S3Store::find(const Context& ctx, const Digest& digest) {
  return objects_->find(ctx, digest);
}

Result<std::unique_ptr<ByteReader>> S3Store::open(const Context& ctx, const Digest& digest) {
  TRY(ctx.check());
  auto reader = std::make_unique<S3Reader>(*objects_, ctx, digest);
  TRY(reader->fetch());
  return reader;
}

Result<Servable> S3Store::serve(const Context& ctx, const Digest& digest, std::uint64_t size) {
  return cache_->get(
      ctx, digest, size,
      [objects = objects_.get(), digest](const Context& own, const auto& begin, const auto& sink) {
        return objects->get(own, digest, {}, begin, sink);
      });
}

Result<std::unique_ptr<Writer>> S3Store::create(const Context& ctx) {
  TRY(ctx.check());
  return std::make_unique<S3Writer>(*objects_, client_->part_size(), *cache_, ctx,
                                    TRY(Spool::create(cache_->folder())));
}

Result<> S3Store::remove(const Context& ctx, const Digest& digest) {
  TRY(objects_->remove(ctx, digest));
  cache_->forget(digest);
  return {};
}

Result<> S3Store::for_each(const Context& ctx, const std::function<Result<>(const BlobInfo&)>& each) {
  return objects_->for_each(ctx, each);
}

Result<> S3Store::remove_leftovers(const Context& ctx) {
  TRY(prepare_root(cache_->folder()));
  const auto count = TRY(client_->abort_uploads(ctx, SystemClock().now() - std::chrono::hours(24)));
  if (count > 0)
    ctx.log().component("blob").info("aborted uploads in parts that nobody ended",
                                     {{"count", std::to_string(count)}});
  return {};
}

Result<> S3Store::probe(const Context& ctx) { return probe_by_use(ctx, *this); }

Result<std::string> describe_credentials(const S3Options& options) {
  return TRY(s3::find_credentials(options, text_of))->name();
}

Result<std::unique_ptr<BlobStore>> open_s3_store(const S3Options& options, Logger log) {
  if (options.cache_directory.empty())
    return fail(Errc::invalid_argument, "the cache folder of S3Storage is not set",
                "name a folder on a local disk");
  auto client = TRY(make_client(options));
  auto objects = TRY(make_objects(options, client, layout::Shelf::content));
  return TRY(S3Store::open(std::move(client), std::move(objects), options.cache_directory,
                           options.cache_bytes, std::move(log)));
}

Result<std::shared_ptr<Derived>> open_s3_derived(const S3Options& options) {
  auto client = TRY(make_client(options));
  return std::make_shared<s3::ObjectsDerived>(
      TRY(make_objects(options, std::move(client), layout::Shelf::derived)));
}

}  // namespace granary::blob
