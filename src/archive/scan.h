#pragma once
/// Reads a few members out of an archive that a stranger sent: gzipped tar (POSIX ustar and pax, GNU long
/// names) and zip (APPNOTE 6.3, zip64). Nothing is ever unpacked to disk. The readers are strict where
/// readers of the world differ (two directories of one zip, data after the end, members hidden by other
/// members), so that what was inspected here is what a client unpacks.
///
/// Memory does not grow with the archive but for 32 bytes per zip member. Safe for concurrent use.

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.h"
#include "base/context.h"

namespace granary::archive {

enum class Format : std::uint8_t { tar_gz, zip };

/// By the first bytes. Errc::invalid_argument for anything else, saying what it seems to be.
Result<Format> detect(const ByteSource& archive);

struct Limits {
  std::uint64_t member_bytes = 4 << 20;     // of one wanted member
  std::uint64_t members = 16;               // wanted ones
  std::uint64_t total_bytes = 32ULL << 30;  // of all members, unpacked
  std::uint64_t entries = 200'000;
  std::uint64_t path_bytes = 1024;
  // A bomb: more than `ratio` times the packed bytes come out, once it is more than `ratio_from`.
  std::uint64_t ratio = 100;
  std::uint64_t ratio_from = 64 << 20;
};

struct Member {
  std::string path;  // clean: relative, no "." or empty parts
  std::string bytes;
};

struct Scan {
  std::vector<Member> members;    // the wanted ones, in order of the archive
  std::vector<std::string> tops;  // distinct first parts of all paths, at most 8, in order of appearance
  std::uint64_t entries = 0;
  std::uint64_t total_bytes = 0;  // unpacked, as the archive says
};

/// Looks at every member's name and reads those that `wanted` takes. A tar is read to its end, so a truncated
/// one is found; of a zip the directory and every local header are checked and the wanted members unpacked.
/// Errors:
/// - corrupt: truncated or damaged;
/// - too_large: a limit was passed, a bomb among them;
/// - invalid_argument: names that would land outside, links that lead outside, devices, encryption, a wanted
/// member
///   that is there twice or is not a plain file.
Result<Scan> scan(const Context&, const ByteSource& archive, Format, const Limits&,
                  const std::function<bool(std::string_view path)>& wanted);

}  // namespace granary::archive
