#pragma once
/// Blobs as objects that are encrypted before they leave this machine, each under a key of its own
/// (envelope.h), which comes from a data key that KMS encrypts.

#include <functional>
#include <memory>

#include "blob/s3/data_keys.h"
#include "blob/s3/plain_objects.h"

namespace granary::blob::s3 {

/// Objects from before encryption was switched on are still read; what is stored again is stored encrypted,
/// and the plain object goes. Objects under another master key stay readable as long as KMS decrypts with it.
/// Further failures: corrupt when a segment was changed, exchanged or cut off.
class SealedObjects final : public Objects {
 public:
  /// `older_nodes_read`: see S3Options.
  SealedObjects(std::shared_ptr<S3Client> client, Kms::Settings kms, std::function<bool()> older_nodes_read,
                layout::Shelf shelf)
      : client_(client),
        shelf_(shelf),
        plain_(std::move(client), shelf),
        keys_(std::move(kms)),
        older_nodes_read_(std::move(older_nodes_read)) {}

  Result<std::optional<BlobInfo>> find(const Context&, const Digest&) override;
  Result<> get(const Context&, const Digest&, Range, const std::function<Result<>(std::uint64_t)>& begin,
               const std::function<Result<>(ByteSpan)>& sink) override;
  Result<std::optional<DirectUrl>> presign(const Context&, const Digest&, const Presentation&) override {
    return std::optional<DirectUrl>();
  }
  Result<> put(const Context&, const Digest&, const ByteSource& body) override;
  Result<> touch(const Context&, const Digest&) override;
  Result<> remove(const Context&, const Digest&) override;
  Result<> for_each(const Context&, const std::function<Result<>(const BlobInfo&)>& each) override;

 private:
  Result<Segments> segments(const Context& ctx, const Digest& digest, ByteSpan header, std::uint64_t sealed);
  Result<> get_sealed(const Context& ctx, const Digest& digest, Range range,
                      const std::function<Result<>(std::uint64_t)>& begin,
                      const std::function<Result<>(ByteSpan)>& sink);

  const std::shared_ptr<S3Client> client_;
  const layout::Shelf shelf_;
  PlainObjects plain_;
  DataKeys keys_;
  const std::function<bool()> older_nodes_read_;
};

}  // namespace granary::blob::s3
