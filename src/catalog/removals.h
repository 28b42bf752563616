#pragma once
/// How the collector takes bytes away without ever taking those of a row.
///
/// Every write of every node follows the other (db::Database::write), so it is enough that both sides say in
/// the database what they do. The collector marks contents that no row names, removes their bytes, and says
/// that it has. A row of a marked content is refused, also long after the bytes went: it may be of somebody
/// who stored them before. Such a one waits for the end of the removal, stores them again, and shows with its
/// row which removal it has outlived (WriteView::stored_again). Where nothing is marked all this costs one
/// look into an empty index, in the statement that adds the row.

#include <chrono>
#include <cstdint>
#include <functional>
#include <span>
#include <vector>

#include "base/bytes.h"
#include "base/context.h"

namespace granary::catalog {

class Catalog;

struct Removal {
  std::int64_t number = 0;  // drawn by lot
  bool ended = false;       // the bytes are gone
};

/// One that has not ended.
struct UnderWay {
  Digest blob;
  std::int64_t number = 0;
  bool operator==(const UnderWay&) const = default;
};

/// What WriteView::begin_removal has marked.
struct Removing {
  std::int64_t number = 0;
  std::vector<Digest> blobs;
};

/// A collector touches no bytes this long after it began to mark them, by its steady clock.
inline constexpr std::chrono::milliseconds kRemovalTime{5'000};
/// And whoever has seen a mark for this long, by the own one, takes it for that of a killed collector.
inline constexpr std::chrono::milliseconds kRemovalPatience{15'000};

/// Errc::not_found, with which a row is refused.
tl::unexpected<Error> being_removed(const Digest&);

/// Waits until a content may be stored again. Yields what stored_again() takes; 0 when nothing is marked.
Result<std::int64_t> await_removal(Catalog&, const Context&, const Digest&,
                                   std::chrono::milliseconds patience = kRemovalPatience);

/// For the collector, first of all: ends what killed ones left under way.
Result<> end_abandoned_removals(Catalog&, const Context&,
                                std::chrono::milliseconds patience = kRemovalPatience);

/// `store` makes bytes durable and says which; `name` commits the row that names them, and passes to
/// stored_again() what it is given, unless that is 0. Both run again while the row is refused with
/// Errc::not_found.
Result<> store_and_name(Catalog&, const Context&, const std::function<Result<Digest>()>& store,
                        const std::function<Result<>(std::int64_t after)>& name);

}  // namespace granary::catalog
