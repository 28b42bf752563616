#pragma once
/// Keys of a mirror's state (MirrorReads::state) that the read side knows too.

#include <string>
#include <string_view>

namespace granary::catalog {

/// Microseconds since the epoch: everything that upstream did before is known.
inline constexpr std::string_view kSyncedUntil = "synced_until";

/// The transaction that made everything forgotten last; absent: none did.
inline constexpr std::string_view kCleared = "cleared";

/// The tree and the package under which Bioconductor's config.yaml is kept, as an r::PackageHistory whose
/// stanzas are the file.
inline constexpr std::string_view kBiocConfig = "config.yaml";

/// The number under which the records of a tree were written first: numbers before it show that state.
inline std::string first_number_key(std::string_view tree) { return "first:" + std::string(tree); }

/// The titles of a tree's packages now, as lines (r/titles.h): its indexes have none.
inline std::string titles_key(std::string_view tree) { return "titles:" + std::string(tree); }

/// Set once the whole list of an index's projects is known: from then on a name that is not in it is not
/// asked for upstream, so that names of private projects do not leak.
inline constexpr std::string_view kNamesKnown = "names.known";

}  // namespace granary::catalog
