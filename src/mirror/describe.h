#pragma once
/// What versions of CRAN needed that were superseded before this server first looked: upstream's indexes no
/// longer say, so it is read out of the tarballs in Archive. See docs/adr/0012-all-of-cran.md.

#include <cstdint>
#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "catalog/on_demand.h"
#include "mirror/parts.h"

namespace granary::mirror {

/// Versions of one package without a stanza.
struct Undescribed {
  struct Version {
    std::string version, file_name, folder;
    Time published{};
  };
  std::string package;
  std::vector<Version> versions;
};

/// Of src/contrib of the source, those that were superseded last in front, since recent days are asked for
/// most. With `until`: only versions that PACKAGES listed just before.
Result<std::vector<Undescribed>> list_undescribed(const Parts&, const Context&, model::SourceId,
                                                  std::optional<Time> until);

struct DescribeDone {
  std::uint64_t described = 0;
  std::uint64_t unreadable = 0;  // for good: listed with name and version from now on
  std::uint64_t put_off = 0;     // upstream could not be asked
  std::optional<Error> problem;  // of the first that was put off
};
/// Fetches the heads of all of these, several at a time, and writes what they say as one transaction. What is
/// unreadable is logged. Errors: of the catalog and the context; upstream's are counted.
Result<DescribeDone> describe(const Parts&, const Context&, const model::Source&,
                              const std::vector<Undescribed>&, bool background,
                              const std::function<void(std::uint64_t done)>& progress);

/// What requests need at once. Safe for concurrent use.
class DescribeOnDemand {
 public:
  explicit DescribeOnDemand(const Parts& parts) : parts_(parts) {}
  /// See catalog::OnDemand::want_described.
  Result<bool> want(const Context&, model::SourceId, const std::vector<catalog::OnDemand::Version>& few,
                    std::optional<Time> day);

 private:
  const Parts& parts_;
  std::timed_mutex fetching_;
  std::mutex mutex_;
  std::optional<Time> resting_until_;                    // upstream did not answer
  std::map<std::pair<std::int64_t, Time>, Time> asked_;  // days, and when they were ordered
};

}  // namespace granary::mirror
