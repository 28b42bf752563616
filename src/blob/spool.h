#pragma once
/// A temporary file that is hashed while it is written, and then becomes content under its own digest.

#include <memory>
#include <string>

#include "base/bytes.h"
#include "base/file.h"
#include "base/hash.h"

namespace granary::blob {

/// One thread. The file is gone after destruction unless it was moved with publish().
class Spool {
 public:
  /// In the folder <root>/tmp, which must exist.
  static Result<std::unique_ptr<Spool>> create(const std::string& root);
  ~Spool();
  Spool(const Spool&) = delete;
  Spool& operator=(const Spool&) = delete;

  /// After a failure every later call fails in the same way: a file with a hole is never published.
  Result<> write(ByteSpan bytes);
  /// Ends writing. Errc::corrupt when the bytes hash to another digest than `expected`.
  Result<Digest> finish(std::optional<Digest> expected);
  std::uint64_t size() const noexcept { return size_; }
  int fd() const noexcept { return fd_.get(); }

  /// Gives the file its place <root>/sha256/..., after finish(). `durable`: on disk when this returns.
  Result<> publish(bool durable);

 private:
  Spool(std::string root, std::string path, UniqueFd fd);
  std::string root_, path_;
  UniqueFd fd_;
  Hasher hasher_{HashKind::sha256};
  std::uint64_t size_ = 0;
  std::optional<Error> failed_;
  std::optional<Digest> digest_;
};

/// Makes <root> with its folders and removes what killed processes left in <root>/tmp more than a day ago.
Result<> prepare_root(const std::string& root);

/// Errc::not_found, in the same words from every store.
tl::unexpected<Error> no_such_blob(const Digest& digest);

/// A whole file as a stream. Errc::corrupt when it is shorter than it was.
class FileReader final : public ByteReader {
 public:
  explicit FileReader(std::shared_ptr<const OpenFile> file) : file_(std::move(file)) {}
  Result<std::size_t> read(std::span<std::byte> out) override;

 private:
  std::shared_ptr<const OpenFile> file_;
  std::uint64_t at_ = 0;
};

}  // namespace granary::blob
