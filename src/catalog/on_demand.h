#pragma once
/// What the read side asks of mirrors, which are beside it: bring what is not known yet. Wired in app/.

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/context.h"
#include "base/result.h"
#include "model/types.h"

namespace granary::catalog {

/// Safe for concurrent use; many callers at once cause one request upstream. Cheap (memory only) when what is
/// known is fresh. Success when the newest record may be shown: it is fresh enough, or upstream was asked in
/// vain and an older one is known. Errors: not_found when upstream has no such thing, unavailable when it
/// cannot be asked and nothing is known.
class OnDemand {
 public:
  virtual ~OnDemand() = default;
  /// `project`: normalised.
  virtual Result<> want_project(const Context&, model::SourceId, std::string_view project) = 0;
  /// A tree of R packages, such as "bin/windows/contrib/4.5": see MirrorRecord::tree.
  virtual Result<> want_tree(const Context&, model::SourceId, std::string_view tree) = 0;

  struct Version {
    std::string package, version;
  };
  /// Old versions of a mirror of CRAN of which no more is known than that they were there. `few` are asked of
  /// upstream now, within the context's deadline; with none, a job reads what PACKAGES listed just before
  /// `day`. True when more is known than before; false also when upstream does not answer.
  virtual Result<bool> want_described(const Context&, model::SourceId, const std::vector<Version>& few,
                                      std::optional<Time> day) {
    (void)few, (void)day;
    return false;
  }
};

}  // namespace granary::catalog
