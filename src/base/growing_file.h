#pragma once
/// A file that one thread writes while others already read it: a download in progress.

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>

#include "base/file.h"

namespace granary {

/// One writer; any number of readers, who pread() the descriptor up to state().size. Safe for concurrent use.
class GrowingFile {
 public:
  struct State {
    std::uint64_t size = 0;      // so far
    bool finished = false;       // size is final, all bytes are right
    std::optional<Error> error;  // the writer gave up: what was sent must be cut off, never completed
  };

  /// `fd` is open for reading and writing and empty. `total`: the final size where it is known.
  GrowingFile(UniqueFd fd, std::optional<std::uint64_t> total) : fd_(std::move(fd)), total_(total) {}

  int fd() const noexcept { return fd_.get(); }
  std::optional<std::uint64_t> total() const noexcept { return total_; }
  State state() const;

  // The writer's side. A writer that disappears without finish() or abandon() leaves readers waiting.
  Result<> append(ByteSpan bytes);
  void finish();
  void abandon(Error error);

  /// `wake` is called on the writer's thread after every change, until unsubscribed; it must only post a
  /// message. Called once at once when the file has ended already.
  std::uint64_t subscribe(std::function<void()> wake);
  void unsubscribe(std::uint64_t id);

 private:
  void wake_all();
  UniqueFd fd_;
  std::optional<std::uint64_t> total_;
  mutable std::mutex mutex_;
  State state_;
  std::uint64_t next_id_ = 1;
  std::map<std::uint64_t, std::function<void()>> wakers_;
};

/// The writer of a growing file whose bytes are checked at their end: the newest are always held back, so
/// that nobody has all before release(). One thread.
class HoldingBack {
 public:
  explicit HoldingBack(std::shared_ptr<GrowingFile> file) : file_(std::move(file)) {}
  Result<> write(ByteSpan bytes);
  /// All were found right: shows the rest. finish() is still to be called.
  Result<> release();
  std::uint64_t received() const noexcept { return received_; }

 private:
  const std::shared_ptr<GrowingFile> file_;
  std::string held_;
  std::uint64_t received_ = 0;
};

}  // namespace granary
