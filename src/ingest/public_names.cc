#include "ingest/public_names.h"

#include <algorithm>
#include <map>

#include "base/text.h"

namespace granary::ingest {
namespace {

using Sources = std::map<model::SourceId, model::Source>;

/// Where a source, or a cran-snapshot of it, stands among those of a repository; past the end when nowhere.
std::size_t position_of(const model::Repository& repository, model::SourceId id, const Sources& sources) {
  const auto shows = [&](model::SourceId one) {
    const auto known = sources.find(one);
    return one == id || (known != sources.end() && known->second.frozen_at && known->second.frozen_of == id);
  };
  const auto at = std::find_if(repository.sources.begin(), repository.sources.end(), shows);
  return static_cast<std::size_t>(at - repository.sources.begin());
}

std::string warning_of(const model::Source& own, const model::Source& mirror, std::string_view name,
                       const std::vector<std::string>& ours, const std::vector<std::string>& theirs) {
  std::string text = "'" + mirror.name + "' has a public package named " + std::string(name) + " too";
  if (!ours.empty()) text += "; served from '" + own.name + "' in " + join(ours, ", ");
  if (!theirs.empty())
    text += "; NOT served from '" + own.name + "' in " + join(theirs, ", ") + ", where '" + mirror.name +
            "' comes first (granary reorder)";
  if (ours.empty() && theirs.empty()) text += "; a client that asks both may get either";
  return text;
}

}  // namespace

Result<std::vector<std::string>> public_name_warnings(catalog::ReadView& view, const model::Source& own,
                                                      std::string_view package, std::string_view name) {
  std::vector<std::string> warnings;
  const auto mirrors = TRY(view.mirrors().mirrors_with(ecosystem_of(own.type), package));
  if (mirrors.empty()) return warnings;
  Sources sources;
  for (auto& source : TRY(view.sources())) {
    const auto id = source.id;
    sources.emplace(id, std::move(source));
  }
  const auto repositories = TRY(view.repositories());
  for (const auto id : mirrors) {
    const auto mirror = sources.find(id);
    if (mirror == sources.end()) continue;
    std::vector<std::string> ours, theirs;
    for (const auto& repository : repositories) {
      const auto here = position_of(repository, own.id, sources);
      const auto there = position_of(repository, id, sources);
      if (here == repository.sources.size() || there == repository.sources.size()) continue;
      (here < there ? ours : theirs).push_back(repository.name);
    }
    warnings.push_back(warning_of(own, mirror->second, name, ours, theirs));
  }
  return warnings;
}

}  // namespace granary::ingest
