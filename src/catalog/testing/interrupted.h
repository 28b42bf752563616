#pragma once
/// A catalog whose database is away when a test says so.

#include <memory>
#include <utility>

#include "catalog/catalog.h"

namespace granary::catalog {

/// Reads another catalog, unless it is away. Writes go on: they are those of other nodes.
class Interrupted final : public Catalog {
 public:
  explicit Interrupted(std::shared_ptr<Catalog> under) : under_(std::move(under)) {}
  Result<> read(const Context& ctx, const std::function<Result<>(ReadView&)>& work) override {
    ++reads;
    if (!away) return under_->read(ctx, work);
    return tl::unexpected(
        Error(Errc::unavailable, "away for the sake of a test", "", __FILE__, __LINE__).as_brief());
  }
  Result<> write(const Context& ctx, const std::function<Result<>(WriteView&)>& work) override {
    return under_->write(ctx, work);
  }
  void replace(std::shared_ptr<Catalog> under) { under_ = std::move(under); }

  bool away = false;
  int reads = 0;

 private:
  std::shared_ptr<Catalog> under_;
};

}  // namespace granary::catalog
