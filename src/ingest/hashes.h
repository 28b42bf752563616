#pragma once
/// The digests of an upload, and whether they are what its client said.

#include <string>

#include "base/bytes.h"
#include "base/context.h"
#include "ingest/ingest.h"

namespace granary::ingest {

struct Hashes {
  Digest sha256;
  std::string md5;  // hex
};

/// One pass over the bytes. Errc::invalid_argument when a claimed digest is another one, or is no digest.
Result<Hashes> hash_upload(const Context&, const Upload&);

}  // namespace granary::ingest
