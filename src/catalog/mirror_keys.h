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

}  // namespace granary::catalog
