#pragma once
/// Blobs as objects of an S3-compatible bucket, with local copies for sending.

#include <memory>
#include <string>

#include "base/log.h"
#include "blob/blob_store.h"
#include "blob/disk_cache.h"
#include "blob/s3/client.h"
#include "blob/s3/objects.h"

namespace granary::blob {

/// Writers spool into the cache's folder, because an object's digest is known only at its end, and upload at
/// commit. Content that exists is made as new: small objects are simply sent again (one request, and a
/// damaged one is healed), large ones are copied onto themselves by the server where that makes them as new,
/// else sent again. Safe for concurrent use, also between nodes.
class S3Store final : public BlobStore {
 public:
  /// `objects` must be those of `client`. Local copies are as the clients get them, not encrypted.
  static Result<std::unique_ptr<S3Store>> open(std::shared_ptr<s3::S3Client> client,
                                               std::unique_ptr<s3::Objects> objects, std::string cache_folder,
                                               std::uint64_t cache_bytes, Logger log);

  Result<std::optional<BlobInfo>> find(const Context&, const Digest&) override;
  Result<std::unique_ptr<ByteReader>> open(const Context&, const Digest&) override;
  Result<Servable> serve(const Context&, const Digest&, std::uint64_t size) override;
  Result<std::optional<DirectUrl>> presign(const Context& ctx, const Digest& digest,
                                           const Presentation& as) override {
    return objects_->presign(ctx, digest, as);
  }
  Result<std::unique_ptr<Writer>> create(const Context&) override;
  Result<> remove(const Context&, const Digest&) override;
  Result<> for_each(const Context&, const std::function<Result<>(const BlobInfo&)>& each) override;
  Result<> remove_leftovers(const Context&) override;
  Result<> probe(const Context&) override;

 private:
  S3Store(std::shared_ptr<s3::S3Client> client, std::unique_ptr<s3::Objects> objects,
          std::unique_ptr<DiskCache> cache)
      : client_(std::move(client)), objects_(std::move(objects)), cache_(std::move(cache)) {}
  const std::shared_ptr<s3::S3Client> client_;
  const std::unique_ptr<s3::Objects> objects_;
  const std::unique_ptr<DiskCache> cache_;  // after the objects: its downloads use them
};

}  // namespace granary::blob
