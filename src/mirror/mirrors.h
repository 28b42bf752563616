#pragma once
/// Mirrors of CRAN, Bioconductor and PyPI: what is known of them is synchronised, their files are fetched
/// when somebody asks. See docs/adr/0007-mirrors.md.

#include <memory>
#include <optional>

#include "blob/blob_store.h"
#include "catalog/on_demand.h"
#include "mirror/parts.h"
#include "model/types.h"

namespace granary::mirror {

/// A file of a mirror, whole or on its way.
struct Opened {
  blob::Servable body;
  /// Of the whole file, where it is known yet: by upstream's word or because the file is there.
  std::optional<Digest> digest;
};

/// Safe for concurrent use.
class Mirrors : public catalog::OnDemand {
 public:
  /// Brings what is known of the upstream up to date; resumes where an earlier one ended. One at a time per
  /// source: the caller's job queue sees to that. What went wrong is kept for info() too.
  virtual Result<Synced> sync(const Context&, model::SourceId, const Progress&) = 0;

  /// The bytes of a record with an origin: what is held, else what upstream has, at once as it arrives. Many
  /// who ask for one file cause one request. The last bytes are shown only after the hash was found right;
  /// wrong bytes end as an error or a body that breaks off, and are not kept. Errors: not_found when upstream
  /// has no such file (any more), unavailable when it cannot be asked or sends something else.
  virtual Result<Opened> open_file(const Context&, const model::FileRecord&) = 0;
};

std::unique_ptr<Mirrors> make_mirrors(Parts parts);

}  // namespace granary::mirror
