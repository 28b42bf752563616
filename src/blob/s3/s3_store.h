#pragma once
/// Blobs as objects of an S3-compatible bucket, with local copies for sending.

#include <memory>
#include <string>

#include "base/log.h"
#include "blob/blob_store.h"
#include "blob/disk_cache.h"
#include "blob/s3/client.h"

namespace granary::blob {

/// Writers spool into the cache's folder, because an object's digest is known only at its end, and upload at
/// commit. Content that exists is made as new: small objects are simply sent again (one request, and a
/// damaged one is healed), large ones are copied onto themselves by the server where that makes them as new,
/// else sent again. Safe for concurrent use, also between nodes.
class S3Store final : public BlobStore {
 public:
  static Result<std::unique_ptr<S3Store>> open(s3::ClientSettings settings, std::string cache_folder,
                                               std::uint64_t cache_bytes, Logger log);

  Result<std::optional<BlobInfo>> find(const Context&, const Digest&) override;
  Result<std::unique_ptr<ByteReader>> open(const Context&, const Digest&) override;
  Result<Servable> serve(const Context&, const Digest&, std::uint64_t size) override;
  Result<std::unique_ptr<Writer>> create(const Context&) override;
  Result<> remove(const Context&, const Digest&) override;
  Result<> for_each(const Context&, const std::function<Result<>(const BlobInfo&)>& each) override;
  Result<> probe(const Context&) override;

 private:
  S3Store(s3::ClientSettings settings, std::unique_ptr<DiskCache> cache)
      : client_(std::move(settings)), cache_(std::move(cache)) {}
  s3::S3Client client_;
  std::unique_ptr<DiskCache> cache_;  // after the client: its downloads use it
};

}  // namespace granary::blob
