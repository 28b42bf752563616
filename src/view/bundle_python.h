#pragma once
/// Bundles of Python projects. See bundle_plan.h.

#include <deque>
#include <map>
#include <set>
#include <string>
#include <utility>

#include "python/project.h"
#include "python/requirement.h"
#include "view/bundle_plan.h"

namespace granary::view {

/// Of a project, the newest version that each requirement allows at each moment, and the newest that all of
/// them allow: among these a client's resolver finds its answer unless it has to go back further. One call.
/// One thread.
class PythonBundle {
 public:
  PythonBundle(catalog::Catalog& catalog, catalog::OnDemand* on_demand, const BundleRequest& request,
               const RequirementsOf& requirements)
      : catalog_(&catalog), on_demand_(on_demand), request_(&request), requirements_(&requirements) {}
  Result<BundleGaps> run(const Context&, const std::function<Result<>(const BundleItem&)>& each);

 private:
  struct Found {
    const model::Source* source = nullptr;
    python::Project project;               // of a mirror
    std::vector<model::FileRecord> files;  // of one's own
  };
  struct Chosen {
    std::set<std::string> specifiers, extras;
    std::set<std::string> versions;                          // as files spell them
    std::set<std::pair<std::string, std::string>> followed;  // version, extra
  };

  Result<> require(const Context&, const python::Requirement&, bool by_name);
  Result<std::optional<Found>> find(const Context&, const std::string& project);
  /// The versions that go, of one set of specifiers.
  std::set<std::string> newest(const Found&, const std::string& specifiers) const;
  Result<> follow(const Context&, const Found&, Chosen&);
  Result<> follow_version(const Context&, const model::FileRecord&, const std::string& extra);
  Result<> settle(const Context&);
  static std::string chosen_name(const Found&);
  Result<> emit(const Context&, const std::string& project, const Chosen&,
                const std::function<Result<>(const BundleItem&)>& each);

  catalog::Catalog* catalog_;
  catalog::OnDemand* on_demand_;
  const BundleRequest* request_;
  const RequirementsOf* requirements_;
  std::deque<python::Requirement> queue_;
  std::map<std::string, Chosen> chosen_;
  BundleGaps gaps_;
};

}  // namespace granary::view
