#pragma once
/// The indexes of `latest`, rendered before anybody asks.

#include <condition_variable>
#include <cstdint>
#include <memory>
#include <mutex>
#include <set>
#include <span>
#include <string>
#include <thread>

#include "api/r_rendered.h"
#include "base/log.h"
#include "catalog/catalog.h"
#include "view/views.h"

namespace granary::api {

/// Renders the indexes of `latest` on a thread of its own whenever a mirror changes: they are large, and the
/// first who asks should not wait. Safe for concurrent use.
class IndexesAhead {
 public:
  IndexesAhead(std::shared_ptr<const RenderedIndexes> indexes, std::shared_ptr<view::Views> views,
               std::shared_ptr<catalog::Catalog> catalog, Logger log);

  void start();
  /// Topics of db::Database::on_change. Cheap: what is no mirror's wakes nobody.
  void heard(std::span<const std::int64_t> topics);

 private:
  void run(const std::stop_token& stop);
  Result<> render(const Context&, const std::set<std::int64_t>& sources) const;
  Result<> render(const Context&, const std::string& repository, model::Ecosystem) const;

  const std::shared_ptr<const RenderedIndexes> indexes_;
  const std::shared_ptr<view::Views> views_;
  const std::shared_ptr<catalog::Catalog> catalog_;
  const Logger log_;
  mutable std::mutex mutex_;
  std::condition_variable_any changed_;
  std::set<std::int64_t> sources_;          // that changed
  mutable std::set<std::int64_t> mirrors_;  // as the configuration was last seen
  std::jthread thread_;                     // last: it ends before the rest does
};

}  // namespace granary::api
