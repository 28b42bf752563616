#pragma once
/// What repositories there are, in memory, and how long that holds.

#include <array>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/context.h"
#include "base/generation.h"
#include "catalog/catalog.h"
#include "model/types.h"

namespace granary::view {

/// States of the packages of a repository, a shard of them each (catalog::project_shard).
using ProjectGenerations = std::array<Generation, catalog::kProjectShards>;
using SourceTypes = std::map<model::SourceId, model::SourceType>;

/// A repository, and the count of its states: bumped by every change of itself and of its sources.
struct Known {
  std::shared_ptr<const model::Repository> repository;
  /// Those that a change touches are bumped after `generation` is.
  std::shared_ptr<ProjectGenerations> projects;
  std::shared_ptr<Generation> generation;
  std::shared_ptr<const SourceTypes> sources;  // all there are
  std::uint64_t configuration = 0;             // the state of the configuration that this was read in
};

/// Reloaded at the first question after a change of the configuration. Safe for concurrent use.
class Directory {
 public:
  explicit Directory(std::shared_ptr<catalog::Catalog> catalog) : catalog_(std::move(catalog)) {}

  /// By name or, made of digits, by id. `repository` is null when there is none. While the database cannot be
  /// asked, as it was last known: `configuration` is then that of then. What came since is not denied.
  Result<Known> find(const Context&, std::string_view name_or_id);

  /// Counts changes of the configuration only: for answers that no transaction can change.
  const std::shared_ptr<Generation>& configuration() const noexcept { return configuration_; }

  /// What db::Database::on_change says. A transaction of one's own source touches the shards of the packages
  /// that it names, and what shows all of them; a change of one mirrored project is one of its shard only.
  void heard(std::span<const std::int64_t> topics);
  /// The page of every project that an upstream may change without a word is to be looked at again.
  void projects_may_be_old();

 private:
  struct Counts {
    std::shared_ptr<Generation> all = std::make_shared<Generation>();
    std::shared_ptr<ProjectGenerations> projects = std::make_shared<ProjectGenerations>();
    bool fetches = false;  // shows an index of which projects are fetched on demand
    void bump() const;
    void bump_projects() const;
  };
  struct Listing {
    std::uint64_t configuration = 0;
    std::unordered_map<std::string, std::shared_ptr<const model::Repository>> by_name;
    std::map<std::int64_t, std::shared_ptr<const model::Repository>> by_id;
    std::map<std::int64_t, std::vector<Counts>> subscribers;  // by source
    std::shared_ptr<const SourceTypes> sources;
  };
  Known find_in(const Listing&, std::string_view name_or_id);
  /// As it was last known, while the database is away.
  Result<std::shared_ptr<const Listing>> listing(const Context&);
  Result<std::shared_ptr<const Listing>> current_listing(const Context&);
  Result<std::shared_ptr<const Listing>> load(const Context&);  // for who holds loading_

  std::shared_ptr<catalog::Catalog> catalog_;
  std::shared_ptr<Generation> configuration_ = std::make_shared<Generation>();
  std::timed_mutex loading_;  // held while one caller reads the database
  std::mutex mutex_;          // never held while waiting for anything
  std::shared_ptr<const Listing> listing_;
  std::map<std::int64_t, Counts> generations_;  // by repository
};

}  // namespace granary::view
