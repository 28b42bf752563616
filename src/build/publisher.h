#pragma once
/// Where packages go that were built: the seam to who publishes, since that is a neighbour.

#include <string>
#include <vector>

#include "base/context.h"
#include "model/types.h"

namespace granary::build {

/// One file, and who says what about it.
struct Publication {
  model::SourceId source;
  std::string filename;
  std::string path;
  std::string actor{}, comment{};
  std::vector<Digest> keep{};  // what is there with one of these digests stays
  bool replace = false;        // other bytes under the name go; else Errc::conflict
  bool dry_run = false;
};

struct Publicised {
  std::string package, version;
  std::int64_t transaction = 0;
  bool already = false;
};

/// Safe for concurrent use.
class Publisher {
 public:
  virtual ~Publisher() = default;
  /// Durable when it returns. Errc::conflict: the source does not take it, or others wrote at the same time.
  virtual Result<Publicised> publish(const Context&, const Publication&) = 0;
  /// Errc::not_found when the source is gone.
  virtual Result<model::Source> source(const Context&, model::SourceId) = 0;
};

}  // namespace granary::build
