#pragma once
/// Local copies of blobs that lie in a remote store, so that the engine sends them from files.

#include <atomic>
#include <condition_variable>
#include <functional>
#include <list>
#include <memory>
#include <mutex>
#include <stop_token>
#include <string>
#include <thread>
#include <unordered_map>

#include "base/log.h"
#include "blob/blob_store.h"
#include "blob/open_files.h"
#include "blob/spool.h"

namespace granary::blob {

/// A folder with the layout of a file store, bounded by `limit` and by a reserve of the disk, which uploads
/// need (a tenth of it, at most 1 GiB): what was not used for the longest time goes first. It
/// may be emptied from outside at any time and survives restarts. What finds no room on the disk passes
/// through memory, 64 MiB at a time, and is not kept. Safe for concurrent use.
class DiskCache {
 public:
  /// Downloads one blob: `begin` once with its size before the first byte, then `sink`. not_found when there
  /// is none.
  using Fetch =
      std::function<Result<>(const Context&, const std::function<Result<>(std::uint64_t size)>& begin,
                             const std::function<Result<>(ByteSpan)>& sink)>;

  /// Of the disk under the folder, in bytes.
  struct Disk {
    std::uint64_t free = 0, size = 0;
  };
  using AskDisk = std::function<Disk(const std::string& folder)>;
  static Disk ask_disk(const std::string& folder);  // all zero when it cannot be said

  static Result<std::unique_ptr<DiskCache>> open(std::string folder, std::uint64_t limit, Logger log,
                                                 AskDisk disk = ask_disk);
  /// Ends the downloads in progress.
  ~DiskCache();

  /// The local copy; else what is being downloaded, by one download for all who ask at once. Waits until the
  /// store has said that it has the blob (to the end for small ones), so that one which is absent is
  /// not_found and nothing else. The last bytes of a download are shown only after its SHA-256 was found
  /// right.
  Result<Servable> get(const Context& ctx, const Digest& digest, std::uint64_t size, const Fetch& fetch);

  /// Keeps what this node has just stored. A failure is logged: it costs one download later.
  void keep(Spool& spool, const Digest& digest);
  void forget(const Digest& digest);

  const std::string& folder() const noexcept { return folder_; }
  std::uint64_t bytes() const;

 private:
  struct Entry {
    Digest digest;
    std::uint64_t size;
    Context::Clock::time_point touched;  // when the file's time was last set
  };
  struct Download;

  DiskCache(std::string folder, std::uint64_t limit, Logger log, AskDisk disk)
      : folder_(std::move(folder)), limit_(limit), log_(std::move(log)), disk_(std::move(disk)) {}
  Result<> scan();
  std::string path_of(const Digest& digest) const;
  Result<std::shared_ptr<const OpenFile>> hit(const Digest& digest, std::uint64_t size);
  /// Null when the blob came into the cache meanwhile.
  Result<std::shared_ptr<Download>> join_download(const Context& ctx, const Digest& digest,
                                                  std::uint64_t size, const Fetch& fetch);
  void run(const std::shared_ptr<Download>& download, const Fetch& fetch);
  Result<> fill(Download& download, const Fetch& fetch);
  /// Null when there is no room in memory either.
  std::shared_ptr<GrowingFile> in_memory(std::uint64_t size);
  void add(const Digest& digest, std::uint64_t size);
  void drop(std::unique_lock<std::mutex>& lock, const Digest& digest);
  void make_room(std::unique_lock<std::mutex>& lock, std::uint64_t size);

  const std::string folder_;
  const std::uint64_t limit_;
  const Logger log_;
  const AskDisk disk_;
  OpenFiles open_files_{512};
  std::stop_source stop_;

  mutable std::mutex mutex_;
  std::condition_variable_any changed_;  // a download was answered, or ended
  std::list<Entry> recent_;              // the last used first
  std::unordered_map<Digest, std::list<Entry>::iterator> entries_;
  std::uint64_t bytes_ = 0;
  std::unordered_map<Digest, std::shared_ptr<Download>> downloads_;
  int threads_ = 0;
  /// Bytes of files in memory, which may outlive the cache in the hands of who sends them.
  const std::shared_ptr<std::atomic<std::uint64_t>> in_memory_ =
      std::make_shared<std::atomic<std::uint64_t>>(0);
};

}  // namespace granary::blob
