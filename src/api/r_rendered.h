#pragma once
/// The indexes of R repositories, rendered once.

#include <memory>

#include "api/r_indexes.h"
#include "api/r_undescribed.h"
#include "view/views.h"

namespace granary::api {

/// Safe for concurrent use.
class RenderedIndexes {
 public:
  explicit RenderedIndexes(std::shared_ptr<view::Views> views) : views_(std::move(views)) {}

  Result<std::shared_ptr<const view::Rendered>> get(const Context&, const view::Snapshot&, RIndex) const;
  /// What the PACKAGES of that fingerprint lacks, once it was rendered.
  Undescribed undescribed(const std::string& fingerprint) const { return undescribed_.of(fingerprint); }

 private:
  const std::shared_ptr<view::Views> views_;
  mutable UndescribedIndexes undescribed_;
};

}  // namespace granary::api
