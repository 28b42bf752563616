#include "view/bundle_plan.h"

#include <algorithm>

#include "python/project_record.h"
#include "view/bundle_python.h"
#include "view/bundle_r.h"
#include "view/projects.h"
#include "view/r_tree.h"

namespace granary::view {

Result<BundleGaps> plan_bundle(const Context& ctx, catalog::Catalog& catalog, catalog::OnDemand* on_demand,
                               const BundleRequest& request, const RequirementsOf& requirements,
                               const std::function<Result<>(const BundleItem&)>& each) {
  if (request.sources.empty() || request.moments.empty())
    return fail(Errc::invalid_argument, "nothing was chosen",
                "name a source, and a date or the latest state");
  const auto ecosystem = model::ecosystem_of(request.sources.front().type);
  for (const auto& source : request.sources) {
    if (model::ecosystem_of(source.type) != ecosystem)
      return fail(Errc::invalid_argument, "sources of R and of Python do not go into one bundle",
                  "make a bundle of each");
    if (source.type == model::SourceType::cran_snapshot)
      return fail(Errc::invalid_argument, "'" + source.name + "' shows another source as of a day",
                  "export that source, with --date");
  }
  if (ecosystem == model::Ecosystem::python) {
    PythonBundle bundle(catalog, on_demand, request, requirements);
    return bundle.run(ctx, each);
  }
  RBundle bundle(catalog, on_demand, request);
  return bundle.run(ctx, each);
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
