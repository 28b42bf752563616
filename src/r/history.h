#pragma once
/// All that is known of one package of an upstream's tree of R packages: every version with the moment since
/// which upstream had it, so that any past day can be shown. See docs/adr/0007-mirrors.md.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/result.h"

namespace granary::r {

/// Since for ever: what was there when a tree without dates was first seen.
inline constexpr Time kAlways{};

/// `Text` is std::string, or std::string_view into an encoded history.
template <class Text>
struct BasicHistoryVersion {
  Text version{};
  Text folder{};     // Path in PACKAGES, such as "4.4.0/Recommended"; mostly empty
  Text file_name{};  // empty: {package}_{version}.tar.gz
  Time published{};
  std::uint64_t size = 0;  // 0: not known
  Text md5{};              // hex; empty: not known
  Text stanza{};           // the fields of PACKAGES, a line each (see packages_stanza); empty: not known yet
  bool operator==(const BasicHistoryVersion&) const = default;
};

/// Upstream did not list the package in that folder in [from, to). Its files stay in Archive.
template <class Text>
struct BasicWithdrawal {
  Text folder{};
  Time from{};
  std::optional<Time> to{};  // absent: still
  bool operator==(const BasicWithdrawal&) const = default;
};

/// Each folder is a line of its own: PACKAGES may have a row of the package in each of them.
template <class Text>
struct BasicHistory {
  Text package{};
  std::vector<BasicHistoryVersion<Text>> versions{};  // oldest first; of one moment, the lower version first
  std::vector<BasicWithdrawal<Text>> withdrawals{};
  bool operator==(const BasicHistory&) const = default;
};
using HistoryVersion = BasicHistoryVersion<std::string>;
using Withdrawal = BasicWithdrawal<std::string>;
using PackageHistory = BasicHistory<std::string>;
/// Cheap to decode: points into the encoded bytes.
using HistoryView = BasicHistory<std::string_view>;

std::string encode(const PackageHistory& history);
/// Errc::corrupt for anything that encode() did not write. Memory is bounded by a small multiple of `bytes`.
Result<PackageHistory> decode_history(std::string_view bytes);
/// The same into `out`, whose vectors are used again; `bytes` must outlive it.
Result<> decode_history(std::string_view bytes, HistoryView& out);

/// Indexes of the versions that PACKAGES listed just before `until`: of each folder the one published last,
/// unless the package was withdrawn there. Absent: now.
template <class Text>
void current_on(const BasicHistory<Text>& history, std::optional<Time> until, std::vector<std::size_t>& out);

/// What upstream says now.
struct UpstreamPackage {
  std::string package{};
  struct Version {
    HistoryVersion facts{};  // `published` counts when `dated`
    bool dated = false;      // else: since it was first seen
    bool operator==(const Version&) const = default;
  };
  std::vector<Version> listed{};    // rows of PACKAGES
  std::vector<Version> archived{};  // files in Archive
  /// Earlier absences that upstream tells of; each is ended.
  std::vector<Withdrawal> absences{};
  /// When it left PACKAGES, if it is not listed and that is known.
  std::optional<Time> removed{};
};

struct Merged {
  PackageHistory history;
  /// The first moment of upstream's history about which anything changed; absent: nothing did.
  std::optional<Time> changed_from{};
};

/// `old` is null for a package that was not known. `first`: the first synchronisation of this tree, so that
/// what has no date was always there, and not just since `now`. What upstream no longer names is kept.
Merged merge(const PackageHistory* old, const UpstreamPackage& upstream, Time now, bool first);

/// Sets what was learned of a version without stanza; false when there is no such version.
bool describe(PackageHistory& history, std::string_view version, std::string stanza, std::uint64_t size);

}  // namespace granary::r
