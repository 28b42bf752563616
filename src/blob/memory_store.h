#pragma once
/// The twin of the real stores for tests: content in memory, served from memory files.

#include <atomic>
#include <map>
#include <memory>
#include <mutex>
#include <string>

#include "base/clock.h"
#include "blob/blob_store.h"

namespace granary::blob {

/// Safe for concurrent use. `clock` must outlive it; without one, the system's.
class MemoryStore final : public BlobStore {
 public:
  explicit MemoryStore(const Clock* clock = nullptr) : clock_(clock) {}

  Result<std::optional<BlobInfo>> find(const Context&, const Digest&) override;
  Result<std::unique_ptr<ByteReader>> open(const Context&, const Digest&) override;
  Result<Servable> serve(const Context&, const Digest&, std::uint64_t size) override;
  /// Absent unless allow_direct_urls() was called. "memory:<digest>?...": nobody can go there, but get()
  /// below.
  Result<std::optional<DirectUrl>> presign(const Context&, const Digest&, const Presentation&) override;
  Result<std::unique_ptr<Writer>> create(const Context&) override;
  Result<> remove(const Context&, const Digest&) override;
  Result<> for_each(const Context&, const std::function<Result<>(const BlobInfo&)>& each) override;
  Result<> remove_leftovers(const Context&) override;
  Result<> probe(const Context&) override;

  // For tests.
  std::size_t count() const;
  /// Replaces the bytes stored under a digest by others, as a failing disk does.
  void damage(const Digest& digest, std::string bytes);
  void allow_direct_urls() noexcept { direct_urls_ = true; }
  /// What a client would be given for such a URL.
  Result<std::string> get(const std::string& direct_url) const;

 private:
  class MemoryWriter;
  struct Blob {
    std::shared_ptr<const std::string> bytes;
    std::shared_ptr<const OpenFile> file;  // made when first served
    Time stored_at;
  };
  Time now() const { return clock_ ? clock_->now() : SystemClock().now(); }
  Result<Blob> get(const Context& ctx, const Digest& digest) const;

  const Clock* clock_;
  std::atomic<bool> direct_urls_ = false;
  mutable std::mutex mutex_;
  std::map<Digest, Blob> blobs_;
};

}  // namespace granary::blob
