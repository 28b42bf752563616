#include "blob/s3/s3_store.h"

#include <fcntl.h>

#include <algorithm>
#include <cstring>

#include "blob/layout.h"
#include "blob/open.h"
#include "blob/probe.h"
#include "blob/s3/credential_cache.h"
#include "blob/spool.h"

namespace granary::blob {
namespace {

constexpr std::uint64_t kReadAhead = 4 << 20;

/// Reads an object in pieces, so that a slow reader holds no connection.
class S3Reader final : public ByteReader {
 public:
  S3Reader(s3::S3Client& client, const Context& ctx, const Digest& digest)
      : client_(client), ctx_(ctx), digest_(digest) {}

  /// The next piece; at first it says whether the object exists.
  Result<> fetch() {
    buffer_.clear();
    at_ = 0;
    auto got = client_.get(
        ctx_, layout::object(digest_), {.offset = next_, .length = kReadAhead},
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
    if (!got && got.error().code() == Errc::not_found) return no_such_blob(digest_);
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
  s3::S3Client& client_;
  const Context ctx_;
  const Digest digest_;
  std::string buffer_;
  std::size_t at_ = 0;
  std::uint64_t next_ = 0, whole_ = 0;
};

class S3Writer final : public Writer {
 public:
  S3Writer(s3::S3Client& client, DiskCache& cache, const Context& ctx, std::unique_ptr<Spool> spool)
      : client_(client), cache_(cache), ctx_(ctx), spool_(std::move(spool)) {}

  Result<> write(ByteSpan data) override { return spool_->write(data); }

  Result<BlobInfo> commit(std::optional<Digest> expected) override {
    const Digest digest = TRY(spool_->finish(expected));
    TRY(upload(digest));
    cache_.keep(*spool_, digest);
    return BlobInfo{digest, spool_->size(), SystemClock().now()};
  }

 private:
  Result<> upload(const Digest& digest) {
    const std::string key = layout::object(digest);
    if (spool_->size() > client_.part_size()) {
      const auto existing = TRY(client_.head(ctx_, key));
      if (existing && existing->size == spool_->size() && TRY(made_as_new(key, *existing))) return {};
    }
    UniqueFd copy(::fcntl(spool_->fd(), F_DUPFD_CLOEXEC, 0));
    if (!copy) return system_error(errno, "open a temporary file");
    const FileSource body(std::move(copy), spool_->size());
    return client_.put(ctx_, key, body, digest);
  }

  /// Not every store can copy, none above 5 GB at once, and some copy without a new time (which the
  /// collector's grace period needs): then it is sent again.
  Result<bool> made_as_new(const std::string& key, const s3::ObjectInfo& existing) {
    if (!client_.touch(ctx_, key)) return false;
    const auto after = TRY(client_.head(ctx_, key));
    return after && after->size == existing.size && after->modified > existing.modified;
  }

  s3::S3Client& client_;
  DiskCache& cache_;
  const Context ctx_;
  std::unique_ptr<Spool> spool_;
};

std::optional<std::string> text_of(const std::string& path) {
  auto text = read_file(path, 1 << 20);
  if (!text) return std::nullopt;
  return std::move(*text);
}

}  // namespace

Result<std::unique_ptr<S3Store>> S3Store::open(s3::ClientSettings settings, std::string cache_folder,
                                               std::uint64_t cache_bytes, Logger log) {
  auto cache = TRY(DiskCache::open(std::move(cache_folder), cache_bytes, std::move(log)));
  return std::unique_ptr<S3Store>(new S3Store(std::move(settings), std::move(cache)));
}

Result<std::optional<BlobInfo>> S3Store::find(const Context& ctx, const Digest& digest) {
  const auto object = TRY(client_.head(ctx, layout::object(digest)));
  if (!object) return std::optional<BlobInfo>();
  return std::optional<BlobInfo>(BlobInfo{digest, object->size, object->modified});
}

Result<std::unique_ptr<ByteReader>> S3Store::open(const Context& ctx, const Digest& digest) {
  TRY(ctx.check());
  auto reader = std::make_unique<S3Reader>(client_, ctx, digest);
  TRY(reader->fetch());
  return reader;
}

Result<Servable> S3Store::serve(const Context& ctx, const Digest& digest, std::uint64_t size) {
  return cache_->get(
      ctx, digest, size,
      [client = &client_, digest](const Context& own, const auto& begin, const auto& sink) -> Result<> {
        auto got = client->get(own, layout::object(digest), {}, begin, sink);
        if (!got && got.error().code() == Errc::not_found) return no_such_blob(digest);
        return got;
      });
}

Result<std::unique_ptr<Writer>> S3Store::create(const Context& ctx) {
  TRY(ctx.check());
  return std::make_unique<S3Writer>(client_, *cache_, ctx, TRY(Spool::create(cache_->folder())));
}

Result<> S3Store::remove(const Context& ctx, const Digest& digest) {
  TRY(client_.remove(ctx, layout::object(digest)));
  cache_->forget(digest);
  return {};
}

Result<> S3Store::for_each(const Context& ctx, const std::function<Result<>(const BlobInfo&)>& each) {
  return client_.list(ctx, std::string(layout::kObjects) + "/",
                      [&](const s3::ObjectInfo& object) -> Result<> {
                        const auto digest = layout::parse_object(object.key);
                        if (!digest) return {};
                        return each({*digest, object.size, object.modified});
                      });
}

Result<> S3Store::probe(const Context& ctx) { return probe_by_use(ctx, *this); }

Result<std::string> describe_credentials(const S3Options& options) {
  return TRY(s3::find_credentials(options, text_of))->name();
}

Result<std::unique_ptr<BlobStore>> open_s3_store(const S3Options& options, Logger log) {
  static const SystemClock clock;
  if (options.cache_directory.empty())
    return fail(Errc::invalid_argument, "the cache folder of S3Storage is not set",
                "name a folder on a local disk");
  auto source = TRY(s3::find_credentials(options, text_of));
  s3::ClientSettings settings{.endpoint = TRY(s3::make_endpoint(options)),
                              .bucket = options.bucket,
                              .region = options.region,
                              .credentials = std::make_shared<s3::CredentialCache>(std::move(source), clock)};
  settings.http.skip_verification = options.skip_verification;
  settings.http.connect_timeout = std::chrono::seconds(5);
  settings.http.idle_timeout = std::chrono::seconds(30);
  return TRY(
      S3Store::open(std::move(settings), options.cache_directory, options.cache_bytes, std::move(log)));
}

}  // namespace granary::blob
