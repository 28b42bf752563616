#pragma once
/// tar, member by member: POSIX ustar and pax, GNU long names, base-256 sizes, and the v7 format.

#include <memory>
#include <optional>
#include <string>

#include "archive/scan.h"

namespace granary::archive {

struct TarEntry {
  enum class Kind : std::uint8_t { file, folder, symlink, hardlink };
  std::string path;  // clean
  Kind kind = Kind::file;
  std::uint64_t size = 0;  // 0 for all but files
};

/// Errors are those of scan(). One thread.
class TarReader {
 public:
  /// `bytes` must outlive the reader.
  TarReader(ByteReader& bytes, const Limits& limits);
  ~TarReader();

  /// The next member; absent once the end was reached, and nothing but zeros followed it. Passes over what is
  /// left of the member before.
  Result<std::optional<TarEntry>> next(const Context&);
  /// The bytes of the member that next() just gave.
  Result<std::string> read_all(const TarEntry&);
  /// Of all files so far.
  std::uint64_t total_bytes() const noexcept;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace granary::archive
