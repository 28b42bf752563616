#include "blob/copy.h"

#include <algorithm>
#include <mutex>
#include <optional>
#include <thread>
#include <unordered_map>
#include <vector>

namespace granary::blob {
namespace {

constexpr std::size_t kAtOnce = 8, kChunk = 256 << 10;

using Progress = std::function<void(std::uint64_t, std::uint64_t)>;

/// What is left to copy, shared by the threads.
class Work {
 public:
  Work(std::vector<BlobInfo> blobs, std::uint64_t done, std::uint64_t total, const Progress& progress)
      : blobs_(std::move(blobs)), done_(done), total_(total), progress_(&progress) {}

  std::optional<BlobInfo> next() {
    const std::lock_guard lock(mutex_);
    if (error_ || at_ == blobs_.size()) return std::nullopt;
    return blobs_[at_++];
  }
  void add(std::uint64_t bytes) {
    const std::lock_guard lock(mutex_);
    done_ += bytes;
    if (*progress_) (*progress_)(std::min(done_, total_), total_);
  }
  void fail(Error error) {
    const std::lock_guard lock(mutex_);
    if (!error_) error_ = std::move(error);
  }
  std::optional<Error>& error() noexcept { return error_; }  // when the threads have ended

 private:
  std::mutex mutex_;
  std::vector<BlobInfo> blobs_;
  std::size_t at_ = 0;
  std::uint64_t done_, total_;
  const Progress* progress_;
  std::optional<Error> error_;
};

Result<> copy_one(const Context& ctx, BlobStore& from, BlobStore& to, const BlobInfo& blob, Work& work) {
  auto reader = from.open(ctx, blob.digest);
  if (!reader && reader.error().code() == Errc::not_found) return {};
  if (!reader) return tl::unexpected(std::move(reader).error());
  const auto writer = TRY(to.create(ctx));
  std::vector<std::byte> buffer(kChunk);
  for (;;) {
    TRY(ctx.check());
    const std::size_t count = TRY((*reader)->read(buffer));
    if (count == 0) break;
    TRY(writer->write(ByteSpan(buffer).first(count)));
    work.add(count);
  }
  auto stored = writer->commit(blob.digest);
  if (stored) return {};
  const auto& e = stored.error();
  if (e.code() == Errc::corrupt)
    return fail(Errc::corrupt, "the bytes with the name " + blob.digest.hex() + " are damaged in the source",
                "granary verify names the files that need them");
  return tl::unexpected(std::move(stored).error());
}

Result<std::vector<BlobInfo>> list(const Context& ctx, BlobStore& store) {
  std::vector<BlobInfo> out;
  TRY(store.for_each(ctx, [&](const BlobInfo& blob) -> Result<> {
    out.push_back(blob);
    return ctx.check();
  }));
  return out;
}

}  // namespace

Result<Copied> copy_blobs(const Context& ctx, BlobStore& from, BlobStore& to, const Progress& progress) {
  std::unordered_map<Digest, std::uint64_t> there;
  for (const auto& blob : TRY(list(ctx, to))) there.emplace(blob.digest, blob.size);
  Copied out;
  std::uint64_t done = 0;
  std::vector<BlobInfo> missing;
  for (const auto& blob : TRY(list(ctx, from))) {
    ++out.blobs;
    out.bytes += blob.size;
    const auto found = there.find(blob.digest);
    if (found != there.end() && found->second == blob.size) {
      ++out.already;
      done += blob.size;
    } else {
      missing.push_back(blob);
    }
  }
  const auto threads = std::min(kAtOnce, missing.size());
  Work work(std::move(missing), done, out.bytes, progress);
  {
    std::vector<std::jthread> running;
    for (std::size_t i = 0; i < threads; ++i) {
      running.emplace_back([&] {
        while (const auto blob = work.next()) {
          if (auto copied = copy_one(ctx, from, to, *blob, work); !copied)
            work.fail(std::move(copied).error());
        }
      });
    }
  }
  if (work.error()) return tl::unexpected(*std::move(work.error()));
  return out;
}

}  // namespace granary::blob
