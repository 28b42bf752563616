#pragma once
/// All bytes of one store into another: for moving, backing up and restoring.

#include <functional>

#include "blob/blob_store.h"

namespace granary::blob {

struct Copied {
  std::uint64_t blobs = 0, bytes = 0;  // of the source
  std::uint64_t already = 0;           // of them in the target before, with the same size
};

/// Several at a time. Each is durable in `to` and was hashed on its way; what goes from the source meanwhile
/// is left out. After an error or a kill the same call goes on where it ended. Errc::corrupt names the bytes
/// that do not have their hash. `progress` hears (bytes done, bytes of all), from one thread at a time.
Result<Copied> copy_blobs(const Context&, BlobStore& from, BlobStore& to,
                          const std::function<void(std::uint64_t, std::uint64_t)>& progress);

}  // namespace granary::blob
