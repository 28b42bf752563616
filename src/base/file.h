#pragma once
/// Files by descriptor: ownership, whole reads and writes, durability.

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "base/bytes.h"

namespace granary {

/// Closes on destruction. -1: none.
class UniqueFd {
 public:
  UniqueFd() = default;
  explicit UniqueFd(int fd) noexcept : fd_(fd) {}
  UniqueFd(UniqueFd&& other) noexcept : fd_(other.release()) {}
  UniqueFd& operator=(UniqueFd&& other) noexcept {
    if (this != &other) {
      reset();
      fd_ = other.release();
    }
    return *this;
  }
  ~UniqueFd() { reset(); }
  int get() const noexcept { return fd_; }
  explicit operator bool() const noexcept { return fd_ >= 0; }
  int release() noexcept {
    const int fd = fd_;
    fd_ = -1;
    return fd;
  }
  void reset() noexcept;

 private:
  int fd_ = -1;
};

/// An open file whose content does not change: what sendfile sends. Shared by every response that sends it.
struct OpenFile {
  UniqueFd fd;
  std::uint64_t size = 0;
};

/// A descriptor as bytes. Owns it.
class FileSource final : public ByteSource {
 public:
  FileSource(UniqueFd fd, std::uint64_t size) : fd_(std::move(fd)), size_(size) {}
  static Result<std::unique_ptr<FileSource>> open(const std::string& path);
  std::uint64_t size() const noexcept override { return size_; }
  Result<std::size_t> read_at(std::uint64_t offset, std::span<std::byte> out) const override;
  int fd() const noexcept { return fd_.get(); }

 private:
  UniqueFd fd_;
  std::uint64_t size_;
};

/// errno as an error: a full disk and a missing file are not the same to a caller. `doing`: "write the
/// upload".
tl::unexpected<Error> system_error(int number, std::string doing, const char* file = __builtin_FILE(),
                                   int line = __builtin_LINE());

Result<> write_all(int fd, ByteSpan bytes);
Result<std::shared_ptr<const OpenFile>> open_file(const std::string& path);
Result<std::string> read_file(const std::string& path, std::uint64_t limit = 64 << 20);
/// Whole or not at all: a temporary file beside it, fsync, rename, fsync of the folder.
Result<> write_file_durably(const std::string& path, std::string_view bytes, unsigned mode = 0644);
Result<> sync_directory(const std::string& path);
/// An unlinked file in `directory` for bytes too many for memory. Gone when closed, whatever happens.
Result<UniqueFd> anonymous_file(const std::string& directory);

}  // namespace granary
