#include "blob/memory_store.h"

#include <sys/mman.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "base/hash.h"
#include "base/log.h"
#include "blob/probe.h"
#include "blob/spool.h"

namespace granary::blob {
namespace {

const std::string kScheme = "memory:";

class StringReader final : public ByteReader {
 public:
  explicit StringReader(std::shared_ptr<const std::string> bytes) : bytes_(std::move(bytes)) {}
  Result<std::size_t> read(std::span<std::byte> out) override {
    const std::size_t n = std::min(out.size(), bytes_->size() - at_);
    if (n > 0) std::memcpy(out.data(), bytes_->data() + at_, n);
    at_ += n;
    return n;
  }

 private:
  std::shared_ptr<const std::string> bytes_;
  std::size_t at_ = 0;
};

Result<std::shared_ptr<const OpenFile>> memory_file(const std::string& bytes) {
  auto file = std::make_shared<OpenFile>();
  file->fd = UniqueFd(::memfd_create("blob", MFD_CLOEXEC));
  if (!file->fd) return system_error(errno, "create a file in memory");
  TRY(write_all(file->fd.get(), as_bytes(bytes)));
  file->size = bytes.size();
  return std::shared_ptr<const OpenFile>(std::move(file));
}

}  // namespace

class MemoryStore::MemoryWriter final : public Writer {
 public:
  explicit MemoryWriter(MemoryStore& store) : store_(store) {}
  Result<> write(ByteSpan data) override {
    bytes_ += as_text(data);
    return {};
  }
  Result<BlobInfo> commit(std::optional<Digest> expected) override {
    const Digest digest = sha256(as_bytes(bytes_));
    if (expected && *expected != digest)
      return fail(Errc::corrupt, "the bytes have the SHA-256 " + digest.hex() + ", not " + expected->hex(),
                  "send them again");
    const std::lock_guard lock(store_.mutex_);
    auto& blob = store_.blobs_[digest];
    if (!blob.bytes) blob.bytes = std::make_shared<const std::string>(bytes_);
    blob.stored_at = store_.now();
    return BlobInfo{digest, bytes_.size(), blob.stored_at};
  }

 private:
  MemoryStore& store_;
  std::string bytes_;
};

Result<MemoryStore::Blob> MemoryStore::get(const Context& ctx, const Digest& digest) const {
  TRY(ctx.check());
  const std::lock_guard lock(mutex_);
  const auto found = blobs_.find(digest);
  if (found == blobs_.end()) return no_such_blob(digest);
  return found->second;
}

Result<std::optional<BlobInfo>> MemoryStore::find(const Context& ctx, const Digest& digest) {
  auto blob = get(ctx, digest);
  if (!blob && blob.error().code() == Errc::not_found) return std::optional<BlobInfo>();
  const auto found = TRY(std::move(blob));
  return std::optional<BlobInfo>(BlobInfo{digest, found.bytes->size(), found.stored_at});
}

Result<std::unique_ptr<ByteReader>> MemoryStore::open(const Context& ctx, const Digest& digest) {
  return std::make_unique<StringReader>(TRY(get(ctx, digest)).bytes);
}

Result<Servable> MemoryStore::serve(const Context& ctx, const Digest& digest, std::uint64_t size) {
  auto blob = TRY(get(ctx, digest));
  if (blob.bytes->size() != size)
    return fail(Errc::corrupt,
                "the stored file " + digest.hex() + " has " + std::to_string(blob.bytes->size()) +
                    " bytes, not " + std::to_string(size),
                "run: granary verify");
  if (!blob.file) {
    blob.file = TRY(memory_file(*blob.bytes));
    const std::lock_guard lock(mutex_);
    if (const auto found = blobs_.find(digest); found != blobs_.end()) found->second.file = blob.file;
  }
  return Servable(std::move(blob.file));
}

Result<std::optional<DirectUrl>> MemoryStore::presign(const Context& ctx, const Digest& digest,
                                                      const Presentation& as) {
  TRY(ctx.check());
  if (!direct_urls_) return std::optional<DirectUrl>();
  return std::optional<DirectUrl>(
      DirectUrl{kScheme + digest.hex() + "?as=" + as.filename, std::chrono::minutes(5)});
}

Result<std::string> MemoryStore::get(const std::string& direct_url) const {
  const auto end = std::min(direct_url.find('?'), direct_url.size());
  const auto digest =
      direct_url.starts_with(kScheme)
          ? Digest::parse(std::string_view(direct_url).substr(kScheme.size(), end - kScheme.size()))
          : std::nullopt;
  if (!digest) return fail(Errc::invalid_argument, "no URL of this store: " + direct_url);
  const Logger silent;
  const Context ctx(silent, {}, Context::Clock::time_point::max());
  const auto blob = TRY(get(ctx, *digest));
  return *blob.bytes;
}

Result<std::unique_ptr<Writer>> MemoryStore::create(const Context& ctx) {
  TRY(ctx.check());
  return std::make_unique<MemoryWriter>(*this);
}

Result<> MemoryStore::remove(const Context& ctx, const Digest& digest) {
  TRY(ctx.check());
  const std::lock_guard lock(mutex_);
  blobs_.erase(digest);
  return {};
}

Result<> MemoryStore::for_each(const Context& ctx, const std::function<Result<>(const BlobInfo&)>& each) {
  std::vector<BlobInfo> all;
  {
    const std::lock_guard lock(mutex_);
    for (const auto& [digest, blob] : blobs_) all.push_back({digest, blob.bytes->size(), blob.stored_at});
  }
  for (const auto& info : all) {
    TRY(ctx.check());
    TRY(each(info));
  }
  return {};
}

Result<> MemoryStore::remove_leftovers(const Context& ctx) { return ctx.check(); }

Result<> MemoryStore::probe(const Context& ctx) { return probe_by_use(ctx, *this); }

std::size_t MemoryStore::count() const {
  const std::lock_guard lock(mutex_);
  return blobs_.size();
}

void MemoryStore::damage(const Digest& digest, std::string bytes) {
  const std::lock_guard lock(mutex_);
  auto& blob = blobs_[digest];
  blob.bytes = std::make_shared<const std::string>(std::move(bytes));
  blob.file = nullptr;
}

}  // namespace granary::blob
