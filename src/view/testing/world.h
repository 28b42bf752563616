#pragma once
/// A catalog on SQLite in memory with views over it, and words to fill it.

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/testing/fake_clock.h"
#include "base/testing/test_context.h"
#include "catalog/catalog.h"
#include "db/database.h"
#include "view/views.h"

namespace granary::view {

class World {
 public:
  explicit World(std::size_t cache_bytes = 1 << 20);

  model::SourceId source(std::string_view name, model::SourceType type = model::SourceType::local);
  model::RepoId repository(std::string_view name, const std::vector<model::SourceId>& sources,
                           model::Ecosystem type = model::Ecosystem::r, bool authenticated = false);
  void subscribe(model::RepoId, const std::vector<model::SourceId>& sources);
  void remove_repository(model::RepoId);

  /// Adds `{package}_{version}.tar.gz` with a DESCRIPTION. `more`: further lines of it.
  model::TxNo publish(model::SourceId, const std::string& package, const std::string& version,
                      const std::string& more = {}, const Digest& blob = {}, std::uint64_t size = 100);
  model::TxNo add(model::FileRecord file);
  model::TxNo remove(model::SourceId, const std::string& filename);
  /// Ends the newest interval of the file and begins one that is archived.
  model::TxNo archive(model::SourceId, const std::string& filename);

  Snapshot resolve(std::string_view repository, const model::SnapshotRef& ref = model::Latest{}) const;
  /// "1.0 1.1": the versions of a package in the order of the view.
  std::string versions(const Snapshot&, std::string_view package) const;
  /// "aaa bbb": every name.
  std::string names(const Snapshot&) const;

  Context ctx = test_context();
  std::shared_ptr<FakeClock> clock = std::make_shared<FakeClock>();
  std::shared_ptr<db::Database> database;
  std::shared_ptr<catalog::Catalog> catalog;
  std::shared_ptr<Views> views;

 private:
  Result<> write(const std::function<Result<>(catalog::WriteView&)>& work);
};

}  // namespace granary::view
