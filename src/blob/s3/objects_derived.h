#pragma once
/// Derived bytes as objects of a bucket, encrypted as blobs are.

#include <memory>
#include <utility>

#include "blob/derived.h"
#include "blob/s3/objects.h"

namespace granary::blob::s3 {

/// Safe for concurrent use.
class ObjectsDerived final : public Derived {
 public:
  /// `objects`: of Shelf::derived.
  explicit ObjectsDerived(std::unique_ptr<Objects> objects) : objects_(std::move(objects)) {}

  Result<bool> has(const Context&, const Digest& name) override;
  Result<std::string> get(const Context&, const Digest& name, std::uint64_t limit) override;
  Result<> put(const Context&, const Digest& name, const std::string& bytes) override;
  Result<> remove(const Context& ctx, const Digest& name) override { return objects_->remove(ctx, name); }
  Result<> for_each(const Context&, const std::function<Result<>(const DerivedInfo&)>& each) override;

 private:
  const std::unique_ptr<Objects> objects_;
};

}  // namespace granary::blob::s3
