#pragma once
/// What the read side asks of mirrors, which are beside it: bring what is not known yet. Wired in app/.

#include <string_view>

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
};

}  // namespace granary::catalog
