#pragma once
/// Publishing one file: see Ingest::publish.

#include "ingest/ingest.h"
#include "ingest/parts.h"

namespace granary::ingest {

/// Looks before it writes: nothing is stored for a file that will not be taken. Then the bytes, durable; then
/// one transaction, in which everything is checked again.
Result<Published> publish_file(Parts&, const Context&, std::string_view source, const Upload&,
                               const Publish&);

}  // namespace granary::ingest
