#pragma once
/// Blobs as objects that hold just their bytes.

#include <memory>

#include "blob/layout.h"
#include "blob/s3/client.h"
#include "blob/s3/objects.h"

namespace granary::blob::s3 {

class PlainObjects final : public Objects {
 public:
  explicit PlainObjects(std::shared_ptr<S3Client> client, layout::Shelf shelf = layout::Shelf::content)
      : client_(std::move(client)), shelf_(shelf) {}

  Result<std::optional<BlobInfo>> find(const Context&, const Digest&) override;
  Result<> get(const Context&, const Digest&, Range, const std::function<Result<>(std::uint64_t)>& begin,
               const std::function<Result<>(ByteSpan)>& sink) override;
  Result<std::optional<DirectUrl>> presign(const Context&, const Digest&, const Presentation&) override;
  Result<> put(const Context&, const Digest&, const ByteSource& body) override;
  Result<> touch(const Context&, const Digest&) override;
  Result<> remove(const Context&, const Digest&) override;
  Result<> for_each(const Context&, const std::function<Result<>(const BlobInfo&)>& each) override;

 private:
  const std::shared_ptr<S3Client> client_;
  const layout::Shelf shelf_;
};

}  // namespace granary::blob::s3
