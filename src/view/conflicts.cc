#include "view/conflicts.h"

#include <algorithm>
#include <map>

#include "catalog/named.h"
#include "python/project_record.h"
#include "r/history.h"
#include "r/tree_name.h"
#include "view/version_order.h"

namespace granary::view {
namespace {

using catalog::ReadView;
using model::Ecosystem;
using model::Source;
using model::SourceType;

using Sources = std::map<model::SourceId, Source>;

/// Which of the repository's sources have a package.
using Owners = std::map<std::string, std::vector<model::SourceId>>;

/// Whose packages a source shows: a cran-snapshot those of another.
model::SourceId shown_by(const Source& source) {
  return source.type == SourceType::cran_snapshot ? source.frozen_of : source.id;
}

bool is_own(const Source& source) { return model::is_own(source.type); }

Result<> add_own_names(ReadView& view, model::SourceId source, Owners& owners) {
  const auto at = TRY(view.resolve(source, model::Latest{}));
  model::Page page;
  for (;;) {
    const auto names = TRY(view.packages(source, at, page));
    for (const auto& name : names) owners[name].push_back(source);
    if (names.size() < page.limit) return {};
    page.after = names.back();
  }
}

void put_in_order(std::vector<std::string>& versions, Ecosystem ecosystem) {
  std::sort(versions.begin(), versions.end(), [&](const std::string& a, const std::string& b) {
    const auto order = compare_versions(ecosystem, a, b);
    return order != 0 ? order < 0 : a < b;
  });
  versions.erase(std::unique(versions.begin(), versions.end()), versions.end());
}

Result<std::vector<std::string>> own_versions(ReadView& view, model::SourceId source,
                                              std::string_view package) {
  const auto at = TRY(view.resolve(source, model::Latest{}));
  std::vector<std::string> versions;
  for (auto& file : TRY(view.files(source, at, package))) versions.push_back(std::move(file.version));
  return versions;
}

Result<std::vector<std::string>> mirrored_versions(ReadView& view, model::SourceId source,
                                                   std::string_view package, Ecosystem ecosystem) {
  const bool python = ecosystem == Ecosystem::python;
  const auto tree = python ? std::string_view() : r::kSourceTree;
  std::vector<std::string> versions;
  const auto record = TRY(view.mirrors().record(source, tree, package, std::nullopt));
  if (!record) return versions;
  if (python) {
    for (auto& file : TRY(python::decode_project(record->bytes)).files)
      if (file.visible(std::nullopt)) versions.push_back(std::move(file.version));
  } else {
    for (auto& version : TRY(r::decode_history(record->bytes)).versions)
      versions.push_back(std::move(version.version));
  }
  return versions;
}

/// Absent when no mirror of the repository has it.
Result<std::optional<Conflict>> conflict_over(ReadView& view, const model::Repository& repository,
                                              const Sources& sources, const std::string& package,
                                              const std::vector<model::SourceId>& owners) {
  const auto mirrors = TRY(view.mirrors().mirrors_with(repository.type, package));
  const auto has = [](const std::vector<model::SourceId>& ids, model::SourceId id) {
    return std::find(ids.begin(), ids.end(), id) != ids.end();
  };
  Conflict conflict{repository.name, package, {}};
  bool is_public = false;
  for (const auto id : repository.sources) {
    const auto known = sources.find(id);
    if (known == sources.end()) continue;
    const auto& source = known->second;
    const bool own = is_own(source);
    if (!(own ? has(owners, id) : has(mirrors, shown_by(source)))) continue;
    auto versions = own ? TRY(own_versions(view, id, package))
                        : TRY(mirrored_versions(view, shown_by(source), package, repository.type));
    put_in_order(versions, repository.type);
    conflict.claims.push_back({source.name, source.type, std::move(versions)});
    is_public = is_public || !own;
  }
  if (!is_public) return std::nullopt;
  return conflict;
}

Result<> add_conflicts_of(ReadView& view, const model::Repository& repository, const Sources& sources,
                          std::vector<Conflict>& conflicts) {
  Owners owners;
  bool has_mirror = false;
  for (const auto id : repository.sources) {
    const auto known = sources.find(id);
    if (known != sources.end() && !is_own(known->second)) has_mirror = true;
  }
  if (!has_mirror) return {};
  for (const auto id : repository.sources) {
    const auto known = sources.find(id);
    if (known != sources.end() && is_own(known->second)) TRY(add_own_names(view, id, owners));
  }
  for (const auto& [package, ids] : owners) {
    auto conflict = TRY(conflict_over(view, repository, sources, package, ids));
    if (conflict) conflicts.push_back(*std::move(conflict));
  }
  return {};
}

}  // namespace

Result<std::vector<Conflict>> find_conflicts(const Context& ctx, catalog::Catalog& catalog,
                                             std::optional<std::string_view> repository) {
  std::vector<Conflict> conflicts;
  TRY(catalog.read(ctx, [&](ReadView& view) -> Result<> {
    conflicts.clear();
    std::vector<model::Repository> repositories;
    if (repository) {
      repositories.push_back(TRY(catalog::repository_named(view, *repository)));
    } else {
      repositories = TRY(view.repositories());
    }
    Sources sources;
    for (auto& source : TRY(view.sources())) {
      const auto id = source.id;
      sources.emplace(id, std::move(source));
    }
    for (const auto& one : repositories) {
      TRY(ctx.check());
      TRY(add_conflicts_of(view, one, sources, conflicts));
    }
    return {};
  }));
  return conflicts;
}

}  // namespace granary::view
