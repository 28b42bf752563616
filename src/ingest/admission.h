#pragma once
/// May this file enter the source as it is now? Decided by a pure function of what the catalog shows.

#include <optional>
#include <string>
#include <vector>

#include "catalog/catalog.h"
#include "model/types.h"

namespace granary::ingest {

/// What one state of the catalog shows about a candidate.
struct Standing {
  std::vector<model::FileRecord> history;   // every interval of its file name
  std::vector<model::FileRecord> siblings;  // visible files of its package; sdists and R only
  std::optional<std::string> other_case;    // R: a package whose name differs only by case
};
Result<Standing> read_standing(catalog::ReadView&, model::TxNo at, const model::FileRecord& candidate);

struct Admission {
  enum class Kind : std::uint8_t { add, replace, already };
  Kind kind = Kind::add;
  std::optional<model::FileRecord> visible;  // what `replace` ends, or what is there `already`
};
/// Errors are for the uploader: conflict ("File already exists ...") for other bytes under a name that was
/// ever served; invalid_argument for a second sdist of a release (PEP 527).
Result<Admission> admit(const Standing&, const model::FileRecord& candidate, bool replace);

}  // namespace granary::ingest
