#include "view/selection.h"

#include <algorithm>

#include "python/project_record.h"
#include "r/tree_name.h"
#include "r/version.h"
#include "view/projects.h"
#include "view/r_tree.h"
#include "view/select_python.h"
#include "view/select_r.h"

namespace granary::view {

Result<Gaps> select(const Context& ctx, catalog::Catalog& catalog, catalog::OnDemand* on_demand,
                    const Selection& selection, const RequirementsOf& requirements,
                    const EachSelected& each) {
  if (selection.sources.empty() || selection.moments.empty())
    return fail(Errc::invalid_argument, "nothing was chosen",
                "name a source, and a date or the latest state");
  const auto is_python = [](const model::Source& source) {
    return model::ecosystem_of(source.type) == model::Ecosystem::python;
  };
  const bool python = is_python(selection.sources.front());
  for (const auto& source : selection.sources) {
    if (is_python(source) != python)
      return fail(Errc::invalid_argument, "sources of R and of Python cannot be chosen from together",
                  "do it for each by itself");
    if (source.type == model::SourceType::cran_snapshot)
      return fail(Errc::invalid_argument, "'" + source.name + "' shows another source as of a day",
                  "name that source, with --date");
  }
  if (python) return PythonSelector(catalog, on_demand, selection, requirements, each).run(ctx);
  return RSelector(catalog, on_demand, selection, each).run(ctx);
}

Result<std::vector<std::string>> source_trees(const Context& ctx, catalog::Catalog& catalog,
                                              const std::vector<model::Source>& sources) {
  std::vector<std::string> out;
  const auto add = [&](std::string tree) {
    if (std::find(out.begin(), out.end(), tree) == out.end()) out.push_back(std::move(tree));
  };
  for (const auto& source : sources) {
    if (source.type != model::SourceType::bioconductor) {
      add(std::string(r::kSourceTree));
      continue;
    }
    std::vector<std::string> trees;
    TRY(catalog.read(ctx, [&](catalog::ReadView& view) -> Result<> {
      trees = TRY(view.mirrors().trees(source.id));
      return {};
    }));
    std::erase_if(trees, [](const auto& tree) { return r::source_tree_of(tree) != tree; });
    std::string newest;
    for (const auto& tree : trees) {
      if (r::compare_versions(r::release_of(tree), newest) > 0) newest = r::release_of(tree);
    }
    for (auto& tree : trees) {
      if (r::release_of(tree) == newest) add(std::move(tree));
    }
  }
  return out;
}

Result<> for_each_file_of(const Context& ctx, catalog::Catalog& catalog, const model::Source& source,
                          const std::string& tree, const std::string& package,
                          const std::function<void(const model::FileRecord&)>& each) {
  std::optional<catalog::MirrorRecord> record;
  TRY(catalog.read(ctx, [&](catalog::ReadView& view) -> Result<> {
    record = TRY(view.mirrors().record(source.id, tree, package, std::nullopt));
    return {};
  }));
  if (!record) return {};
  if (source.type == model::SourceType::pypi) {
    const auto project = TRY(python::decode_project(record->bytes));
    for (const auto& file : project.files) each(file_record(file, project, source.id, {}, package));
    return {};
  }
  r::HistoryView history;
  TRY(r::decode_history(record->bytes, history));
  std::vector<std::size_t> now;
  r::current_on(history, std::nullopt, now);
  for (std::size_t i = 0; i < history.versions.size(); ++i)
    each(file_record(source.id, tree, history, i, std::find(now.begin(), now.end(), i) == now.end()));
  return {};
}

}  // namespace granary::view
