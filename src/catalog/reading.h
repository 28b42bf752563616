#pragma once
/// Both views read in the same way.

#include "catalog/history_queries.h"
#include "catalog/mirror_queries.h"
#include "catalog/queries.h"

namespace granary::catalog {

/// `View` is ReadView or WriteView. The session outlives it.
template <class View>
class Reading : public View {
 public:
  explicit Reading(db::Session& session) : reads_(&session), mirrors_(session) {}

  Result<std::vector<model::Source>> sources() override { return read_sources(*reads_); }
  Result<std::vector<model::Repository>> repositories() override { return read_repositories(*reads_); }
  Result<std::optional<model::Source>> find_source(std::string_view name_or_id) override {
    return catalog::find_source(*reads_, name_or_id);
  }
  Result<std::optional<model::Repository>> find_repository(std::string_view name_or_id) override {
    return catalog::find_repository(*reads_, name_or_id);
  }
  Result<model::TxNo> resolve(model::SourceId source, const model::SnapshotRef& snapshot) override {
    return catalog::resolve(*reads_, source, snapshot);
  }
  Result<std::vector<model::Transaction>> transactions(model::SourceId source, model::TxNo before,
                                                       std::uint32_t limit) override {
    return read_transactions(*reads_, source, before, limit);
  }
  Result<std::vector<Moment>> moments(model::SourceId source, model::TxNo from,
                                      std::uint32_t limit) override {
    return read_moments(*reads_, source, from, limit);
  }
  Result<> for_each_package_change(model::SourceId source, model::TxNo after,
                                   const EachPackageChange& each) override {
    return catalog::for_each_package_change(*reads_, source, after, each);
  }
  Result<std::vector<std::string>> packages(model::SourceId source, model::TxNo at,
                                            const model::Page& page) override {
    return read_packages(*reads_, source, at, page);
  }
  Result<bool> has_package(model::SourceId source, model::TxNo at, std::string_view package) override {
    return catalog::has_package(*reads_, source, at, package);
  }
  Result<std::vector<model::FileRecord>> files(model::SourceId source, model::TxNo at,
                                               std::string_view package) override {
    return read_files(*reads_, source, at, package);
  }
  Result<std::optional<model::FileRecord>> find_file(model::SourceId source, model::TxNo at,
                                                     std::string_view filename) override {
    return catalog::find_file(*reads_, source, at, filename);
  }
  Result<std::vector<model::FileRecord>> history(model::SourceId source, std::string_view filename) override {
    return read_history(*reads_, source, filename);
  }
  Result<std::optional<std::string>> find_other_case(model::SourceId source, model::TxNo at,
                                                     std::string_view package) override {
    return catalog::find_other_case(*reads_, source, at, package);
  }
  Result<> for_each_file(model::SourceId source, model::TxNo at, const EachFile& each) override {
    return catalog::for_each_file(*reads_, source, at, each);
  }
  Result<bool> blob_is_named(const Digest& digest) override {
    return catalog::blob_is_named(*reads_, digest);
  }
  Result<std::optional<Removal>> removal(const Digest& digest) override {
    return find_removal(*reads_, digest);
  }
  Result<std::vector<UnderWay>> removals_under_way() override { return read_removals(*reads_); }
  Result<std::vector<model::SourceId>> remnants() override { return read_remnants(*reads_); }
  Result<> for_each_interval(const EachFile& each) override {
    return catalog::for_each_interval(*reads_, each);
  }
  MirrorReads& mirrors() override { return mirrors_; }
  Result<std::optional<std::string>> find_pinned(model::RepoId repository, std::string_view id) override {
    return catalog::find_pinned(*reads_, repository, id);
  }

 private:
  db::Session* reads_;
  MirrorQueries mirrors_;
};

}  // namespace granary::catalog
