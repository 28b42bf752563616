#pragma once
/// The indexes of R repositories, rendered once; those of `latest` before anybody asks.

#include <condition_variable>
#include <memory>
#include <mutex>
#include <set>
#include <span>
#include <thread>

#include "api/r_indexes.h"
#include "api/r_undescribed.h"
#include "base/log.h"
#include "catalog/catalog.h"
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

/// Renders the indexes of `latest` on a thread of its own whenever a mirror of CRAN or Bioconductor changes:
/// they are large, everybody asks for them, and the first should not wait. Safe for concurrent use.
class IndexesAhead {
 public:
  IndexesAhead(std::shared_ptr<const RenderedIndexes> indexes, std::shared_ptr<view::Views> views,
               std::shared_ptr<catalog::Catalog> catalog, Logger log);

  void start();
  /// Topics of db::Database::on_change. Cheap.
  void heard(std::span<const std::int64_t> topics);

 private:
  void run(const std::stop_token& stop);
  Result<> render(const Context&, const std::set<std::int64_t>& sources) const;

  const std::shared_ptr<const RenderedIndexes> indexes_;
  const std::shared_ptr<view::Views> views_;
  const std::shared_ptr<catalog::Catalog> catalog_;
  const Logger log_;
  std::mutex mutex_;
  std::condition_variable_any changed_;
  std::set<std::int64_t> sources_;  // that changed
  std::jthread thread_;             // last: it ends before the rest does
};

}  // namespace granary::api
