#pragma once
/// What a deleted source leaves, and how it goes: docs/adr/0032-a-deleted-source-goes-in-slices.md.
///
/// Deleting hides the source and gives its name free. Its row of `sources` stays for the sake of the rows
/// that refer to it, which are removed in slices: each is a transaction of bounded size, so that nobody waits
/// long to write. What is left is found by what is in the tables, so that whoever removes it may die at any
/// line, and several may do it at once.

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "db/database.h"
#include "model/types.h"

namespace granary::catalog {

/// The bounds of one slice; at least a row goes.
struct SliceSize {
  std::int64_t rows = 1'000;
  std::int64_t bytes = 8 << 20;  // of records, metadata and notes
};

/// Where the next slice begins: what lies before it has gone. The default is the beginning.
struct SlicePlace {
  std::size_t table = 0;
  std::vector<std::string> texts{};  // the key of a row; empty: the first
  std::int64_t number = 0;
};

struct Erased {
  bool whole = false;  // nothing of the source is left
  std::int64_t rows = 0;
  SlicePlace next;
};

/// False when there is no such source.
Result<bool> make_remnant(db::WriteSession&, model::SourceId, Time now);
/// Once more from the beginning (Erased::next) when something came behind the place where it was.
Result<Erased> erase_slice(db::WriteSession&, model::SourceId, const SlicePlace& from, const SliceSize&);
Result<std::vector<model::SourceId>> read_remnants(db::Session&);

}  // namespace granary::catalog
