#pragma once
/// A temporary file that is hashed while it is written, and then becomes content under its own digest.

#include <memory>
#include <string>

#include "base/bytes.h"
#include "base/file.h"
#include "base/hash.h"

namespace granary::blob {

/// What must be on disk when publish() returns. A cache does not need the name, but must never hold wrong
/// bytes.
enum class Durable : std::uint8_t { bytes, bytes_and_name };

/// A file in <root>/tmp, without a name where the file system can do that. Gone after destruction unless it
/// was published. One thread.
class TemporaryFile {
 public:
  static Result<TemporaryFile> create(const std::string& root);
  ~TemporaryFile();
  TemporaryFile(TemporaryFile&& other) noexcept;
  TemporaryFile& operator=(TemporaryFile&&) = delete;

  int fd() const noexcept { return fd_.get(); }
  /// Moves it to <root>/sha256/....
  Result<> publish(const Digest& digest, Durable durable);

 private:
  TemporaryFile(std::string root, std::string path, UniqueFd fd)
      : root_(std::move(root)), path_(std::move(path)), fd_(std::move(fd)) {}
  /// Replaces what is there. 0, or what is wrong: ENOENT when the folder is missing.
  int move_to(const std::string& to);

  std::string root_, path_;  // path_: empty while it has no name
  UniqueFd fd_;
};

/// A temporary file with its hash. One thread.
class Spool {
 public:
  static Result<std::unique_ptr<Spool>> create(const std::string& root);

  /// After a failure every later call fails in the same way: a file with a hole is never published.
  Result<> write(ByteSpan bytes);
  /// Ends writing. Errc::corrupt when the bytes hash to another digest than `expected`.
  Result<Digest> finish(std::optional<Digest> expected);
  std::uint64_t size() const noexcept { return size_; }
  int fd() const noexcept { return file_.fd(); }

  /// Gives the file its place, after finish().
  Result<> publish(Durable durable);

 private:
  explicit Spool(TemporaryFile file) : file_(std::move(file)) {}
  TemporaryFile file_;
  Hasher hasher_{HashKind::sha256};
  std::uint64_t size_ = 0;
  std::optional<Error> failed_;
  std::optional<Digest> digest_;
};

/// The end of a SHA-256 as a digest.
Digest finish_digest(Hasher& hasher);

/// Makes <root> with its folders and removes what killed processes left in <root>/tmp more than a day ago.
Result<> prepare_root(const std::string& root);

/// Makes the folders of all digests, durable: otherwise a writer could lose its blob with a folder that
/// another one has made, but not yet synced.
Result<> make_shards(const std::string& root);

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
