#pragma once
/// What was fetched and is kept: rows of catalog::HeldFile, and what stays known of files that were evicted.

#include <optional>
#include <string>

#include "mirror/parts.h"

namespace granary::mirror {

/// What is known of a key.
struct Held {
  std::optional<catalog::HeldFile> file;
  /// The file was evicted, and had this digest: so must what is fetched again.
  std::optional<Digest> before;
  bool remembered = false;  // the database is away: so it was when it was asked last
};
Result<Held> find_held(const Parts&, const Context&, model::SourceId, std::string_view key);

/// The bytes are durable. When another node was faster, its row stays. Errc::corrupt when that one, or an
/// evicted one, has another digest: upstream has changed a file that it may not change. Errc::not_found when
/// the collector takes the bytes; `stored_after`: see catalog::store_and_name.
Result<> hold(const Parts&, const Context&, model::SourceId, const catalog::HeldFile&,
              std::int64_t stored_after = 0);

/// Removes the row; the bytes are the collector's. The digest stays known.
Result<> let_go(catalog::WriteView&, model::SourceId, const catalog::HeldFile&);

/// Sets used_at, at most once a day.
Result<> touch(const Parts&, const Context&, model::SourceId, const catalog::HeldFile&);

}  // namespace granary::mirror
