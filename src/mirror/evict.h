#pragma once
/// Lets files go that are held, so that the collector gives their space back. They are fetched again when
/// somebody asks.

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>

#include "mirror/parts.h"

namespace granary::mirror {

/// Which of a source's held files go: those that meet every condition that is given; without any, all of
/// them.
struct Eviction {
  std::optional<std::chrono::seconds> unused{};  // not used for so long (use is noted once a day)
  std::string package{};                         // R: as is, Python: in any spelling
  std::optional<std::uint64_t> to_size{};        // the least recently used go until what stays is this small
  bool dry_run = false;
  /// Files of Python that upstream does not list any more too: they could not be had again.
  bool lost = false;
};
struct Evicted {
  std::uint64_t files = 0, bytes = 0;  // gone, or in a dry run what would be
  std::uint64_t kept = 0, kept_bytes = 0;
  std::uint64_t lost = 0;  // of those kept: because upstream does not list them any more
};
/// Rows only, a bounded number per transaction: a kill leaves fewer rows, and never a row without its bytes.
Result<Evicted> evict(const Parts&, const Context&, model::SourceId, const Eviction&);

/// Whether the file of that key (its last part is a file name) is of the package.
bool is_of_package(std::string_view key, std::string_view package, model::Ecosystem ecosystem);

}  // namespace granary::mirror
