#include "blob/disk_cache.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <optional>
#include <vector>

#include "blob/layout.h"

namespace granary::blob {
namespace {

namespace fs = std::filesystem;

constexpr int kDownloadsAtOnce = 32;
/// Nobody waits long for a small blob, and an error is better said than sent as a response that is cut off.
constexpr std::uint64_t kWaitForWhole = 256 * 1024;
constexpr std::uint64_t kMostReserve = std::uint64_t{1} << 30;
constexpr std::uint64_t kMostInMemory = 64 << 20;
constexpr auto kTouchEvery = std::chrono::minutes(10);

/// Takes the room that the file will need. False when there is none; where it cannot be taken ahead, that is
/// found out while it is written.
bool take_room(int fd, std::uint64_t size) {
  return size == 0 || ::fallocate(fd, FALLOC_FL_KEEP_SIZE, 0, static_cast<off_t>(size)) == 0 ||
         (errno != ENOSPC && errno != EDQUOT);
}

}  // namespace

/// One download. Its fields but `file` are guarded by the cache's mutex; `file` is set once, before
/// `answered`.
struct DiskCache::Download {
  Digest digest;
  std::uint64_t size = 0;
  bool answered = false;  // the store has said whether there is such a blob
  std::optional<Error> refused;
  std::shared_ptr<GrowingFile> file;
};

Result<std::unique_ptr<DiskCache>> DiskCache::open(std::string folder, std::uint64_t limit, Logger log,
                                                   AskDisk disk) {
  TRY(prepare_root(folder));
  std::unique_ptr<DiskCache> cache(new DiskCache(std::move(folder), limit, std::move(log), std::move(disk)));
  TRY(cache->scan());
  return cache;
}

DiskCache::Disk DiskCache::ask_disk(const std::string& folder) {
  struct ::statvfs about{};
  if (::statvfs(folder.c_str(), &about) != 0) return {};
  return {about.f_bavail * about.f_frsize, about.f_blocks * about.f_frsize};
}

DiskCache::~DiskCache() {
  stop_.request_stop();
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [&] { return threads_ == 0; });
}

/// What an earlier process left, in the order of its last use.
Result<> DiskCache::scan() {
  struct Found {
    Digest digest;
    std::uint64_t size;
    fs::file_time_type used;
  };
  std::vector<Found> all;
  std::error_code error;
  for (fs::recursive_directory_iterator i(fs::path(folder_) / layout::kObjects, error), end;
       !error && i != end; i.increment(error)) {
    const auto digest = layout::parse_object(i->path().lexically_relative(folder_).generic_string());
    std::error_code gone;
    const auto size = digest ? i->file_size(gone) : 0;
    const auto used = digest && !gone ? i->last_write_time(gone) : fs::file_time_type();
    if (digest && !gone) all.push_back({*digest, size, used});
  }
  if (error) return system_error(error.value(), "read the folder " + folder_);
  std::sort(all.begin(), all.end(), [](const auto& a, const auto& b) { return a.used < b.used; });
  for (const auto& found : all) add(found.digest, found.size);
  return {};
}

std::string DiskCache::path_of(const Digest& digest) const { return folder_ + "/" + layout::object(digest); }

std::uint64_t DiskCache::bytes() const {
  const std::lock_guard lock(mutex_);
  return bytes_;
}

/// Null when it is not in the cache.
Result<std::shared_ptr<const OpenFile>> DiskCache::hit(const Digest& digest, std::uint64_t size) {
  {
    const std::lock_guard lock(mutex_);
    if (!entries_.contains(digest)) return nullptr;
  }
  auto file = open_files_.get(digest, path_of(digest));
  if (!file && file.error().code() != Errc::not_found) return file;
  std::unique_lock lock(mutex_);
  const auto found = entries_.find(digest);
  if (!file || (*file)->size != size) {  // deleted or damaged from outside
    if (found != entries_.end()) drop(lock, digest);
    return nullptr;
  }
  if (found != entries_.end()) {
    recent_.splice(recent_.begin(), recent_, found->second);
    const auto now = Context::Clock::now();
    if (now - found->second->touched > kTouchEvery) {
      found->second->touched = now;
      ::utimensat(AT_FDCWD, path_of(digest).c_str(), nullptr, 0);
    }
  }
  return file;
}

Result<Servable> DiskCache::get(const Context& ctx, const Digest& digest, std::uint64_t size,
                                const Fetch& fetch) {
  std::shared_ptr<Download> download;
  if (auto file = TRY(hit(digest, size))) return Servable(std::move(file));
  const auto turn = TRY(ctx.wait_for_remote());
  while (!download) {
    TRY(ctx.check());
    if (auto file = TRY(hit(digest, size))) return Servable(std::move(file));
    download = TRY(join_download(ctx, digest, size, fetch));
  }
  std::unique_lock lock(mutex_);
  changed_.wait_until(lock, ctx.stop(), ctx.deadline(), [&] { return download->answered; });
  if (!download->answered) {
    if (ctx.stop().stop_requested()) return fail(Errc::cancelled, "cancelled");
    return fail(Errc::unavailable, "the remote store did not answer in time", "try again");
  }
  if (download->refused) return tl::unexpected(*download->refused);
  return Servable(download->file);
}

Result<std::shared_ptr<DiskCache::Download>> DiskCache::join_download(const Context& ctx,
                                                                      const Digest& digest,
                                                                      std::uint64_t size,
                                                                      const Fetch& fetch) {
  std::unique_lock lock(mutex_);
  for (;;) {
    if (const auto found = downloads_.find(digest); found != downloads_.end()) {
      if (found->second->size != size)
        return fail(Errc::corrupt,
                    "the stored file " + digest.hex() + " has not " + std::to_string(size) + " bytes",
                    "run: granary verify");
      return found->second;
    }
    if (entries_.contains(digest)) return nullptr;
    if (threads_ < kDownloadsAtOnce) break;
    if (!changed_.wait_until(lock, ctx.stop(), ctx.deadline(), [&] { return threads_ < kDownloadsAtOnce; })) {
      lock.unlock();
      TRY(ctx.check());
      return fail(Errc::unavailable, "too many downloads from the remote store at once", "try again");
    }
  }
  auto download = std::make_shared<Download>();
  download->digest = digest;
  download->size = size;
  ++threads_;
  try {
    // Of its own, because it outlives the request: the body is sent while it still comes in, by nobody's
    // worker.
    std::thread([this, download, fetch] { run(download, fetch); }).detach();
  } catch (const std::system_error&) {
    --threads_;
    return fail(Errc::unavailable, "cannot start a thread for a download",
                "raise the limit of threads (ulimit -u)");
  }
  downloads_.emplace(digest, download);
  return download;
}

void DiskCache::run(const std::shared_ptr<Download>& download, const Fetch& fetch) {
  auto result = fill(*download, fetch);
  const bool failed = !result;
  if (failed) {
    if (result.error().code() != Errc::not_found) log_.failed("failed to fetch a blob", result.error());
    {
      const std::lock_guard lock(mutex_);
      downloads_.erase(download->digest);  // who asks from now on does not get what has failed
    }
    if (download->file) download->file->abandon(result.error());
  }
  const std::unique_lock lock(mutex_);
  if (!download->answered) {
    download->answered = true;
    if (failed) download->refused = std::move(result).error();
  }
  if (!failed) downloads_.erase(download->digest);
  --threads_;
  changed_.notify_all();  // under the lock: the cache may be gone right after it
}

/// Runs on the download's thread; the whole life of one download but its entry in downloads_.
Result<> DiskCache::fill(Download& download, const Fetch& fetch) {
  {
    std::unique_lock lock(mutex_);
    make_room(lock, download.size);
  }
  std::optional<TemporaryFile> temporary;
  std::shared_ptr<GrowingFile> file;
  if (auto created = TemporaryFile::create(folder_); created && take_room(created->fd(), download.size))
    temporary.emplace(*std::move(created));
  // What it got of a full disk has gone back by now.
  if (!temporary) file = in_memory(download.size);
  if (!temporary && !file)
    return fail(Errc::unavailable, "there is no room on the disk for a blob that is fetched",
                "free some below S3Storage.CacheDir");
  const bool on_disk = temporary.has_value();
  if (on_disk) {
    UniqueFd copy(::fcntl(temporary->fd(), F_DUPFD_CLOEXEC, 0));
    if (!copy) return system_error(errno, "open a temporary file");
    file = std::make_shared<GrowingFile>(std::move(copy), download.size);
  }
  const Context ctx(log_, stop_.get_token(), Context::Clock::time_point::max());
  Hasher hasher(HashKind::sha256);
  HoldingBack shown(file);

  const auto wrong_size = [&](std::uint64_t has) {
    return fail(Errc::corrupt,
                "the stored file " + download.digest.hex() + " has " + std::to_string(has) + " bytes, not " +
                    std::to_string(download.size),
                "run: granary verify");
  };
  const auto begin = [&](std::uint64_t size) -> Result<> {
    if (size != download.size) return wrong_size(size);
    const std::lock_guard lock(mutex_);
    download.file = file;
    download.answered = size > kWaitForWhole;
    changed_.notify_all();
    return {};
  };
  const auto sink = [&](ByteSpan bytes) -> Result<> {
    hasher.update(bytes);
    return shown.write(bytes);
  };
  TRY(fetch(ctx, begin, sink));
  if (!download.file || shown.received() != download.size) return wrong_size(shown.received());
  if (const Digest got = finish_digest(hasher); got != download.digest)
    return fail(Errc::corrupt,
                "the bytes stored as " + download.digest.hex() + " have the SHA-256 " + got.hex(),
                "run: granary verify");
  TRY(shown.release());
  // In the cache before finish(), so that who asks after the end finds it there.
  if (on_disk && download.size <= limit_) {
    if (const auto published = temporary->publish(download.digest, Durable::bytes))
      add(download.digest, download.size);
    else
      log_.failed("cannot keep a blob in the cache", published.error());
  }
  file->finish();
  return {};
}

std::shared_ptr<GrowingFile> DiskCache::in_memory(std::uint64_t size) {
  if (in_memory_->fetch_add(size) + size <= kMostInMemory) {
    if (UniqueFd fd(::memfd_create("granary-blob", MFD_CLOEXEC)); fd)
      return {new GrowingFile(std::move(fd), size), [size, all = in_memory_](GrowingFile* file) {
                delete file;
                all->fetch_sub(size);
              }};
  }
  in_memory_->fetch_sub(size);
  return nullptr;
}

void DiskCache::keep(Spool& spool, const Digest& digest) {
  if (spool.size() > limit_) return;
  {
    std::unique_lock lock(mutex_);
    if (entries_.contains(digest)) return;
    make_room(lock, spool.size());
  }
  if (const auto published = spool.publish(Durable::bytes))
    add(digest, spool.size());
  else
    log_.failed("cannot keep a blob in the cache", published.error());
}

void DiskCache::forget(const Digest& digest) {
  std::unique_lock lock(mutex_);
  if (entries_.contains(digest)) drop(lock, digest);
}

void DiskCache::add(const Digest& digest, std::uint64_t size) {
  std::unique_lock lock(mutex_);
  if (entries_.contains(digest)) return;
  recent_.push_front({digest, size, Context::Clock::now()});
  entries_.emplace(digest, recent_.begin());
  bytes_ += size;
  make_room(lock, 0);
}

void DiskCache::drop(std::unique_lock<std::mutex>&, const Digest& digest) {
  const auto found = entries_.find(digest);
  bytes_ -= found->second->size;
  recent_.erase(found->second);
  entries_.erase(found);
  open_files_.forget(digest);
  ::unlink(path_of(digest).c_str());  // responses that send it keep their descriptor
}

void DiskCache::make_room(std::unique_lock<std::mutex>& lock, std::uint64_t size) {
  if (size > limit_) return;
  while (!recent_.empty() && bytes_ > limit_ - size) drop(lock, Digest(recent_.back().digest));
  const auto disk = disk_(folder_);
  const auto wanted = std::min(disk.size / 10, kMostReserve) + size;
  auto missing = wanted > disk.free ? wanted - disk.free : 0;
  while (!recent_.empty() && missing > 0) {
    missing -= std::min(missing, recent_.back().size);
    drop(lock, Digest(recent_.back().digest));
  }
}

}  // namespace granary::blob
