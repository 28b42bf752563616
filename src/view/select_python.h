#pragma once
/// Selections of Python projects. See selection.h.

#include <deque>
#include <map>
#include <set>
#include <string>
#include <utility>

#include "python/project.h"
#include "python/requirement.h"
#include "view/selection.h"

namespace granary::view {

/// Of a project, the newest versions that each requirement allows at each moment, and the newest that all of
/// them allow: among these a client's resolver finds its answer unless it has to go back further. A version
/// that was chosen by its number is enough for everybody who allows it. One call. One thread.
class PythonSelector {
 public:
  PythonSelector(catalog::Catalog& catalog, catalog::OnDemand* on_demand, const Selection& selection,
                 const RequirementsOf& requirements, const EachSelected& each)
      : catalog_(&catalog),
        on_demand_(on_demand),
        selection_(&selection),
        requirements_(&requirements),
        each_(&each),
        environments_(python::environments_of(selection.target)) {}
  Result<Gaps> run(const Context&);

 private:
  struct Found {
    const model::Source* source = nullptr;
    python::Project project;               // of a mirror
    std::vector<model::FileRecord> files;  // of one's own
  };
  struct Chosen {
    std::set<std::string> specifiers, extras;
    std::set<std::string> versions;                          // as files spell them
    std::set<std::string> pinned;                            // those that were chosen by their number
    std::set<std::pair<std::string, std::string>> followed;  // version, extra
  };

  Result<> choose_all(const Context&, const model::Source&);
  Result<> take_whole_index(const Context&, const model::Source&);
  Result<> limit(const std::vector<std::string>& constraints);
  Result<> require(const Context&, const python::Requirement&, bool by_name);
  Result<std::optional<Found>> find(const Context&, const std::string& project);
  bool takes(std::string_view filename, bool wheel, std::string_view requires_python) const;
  bool counts(const python::Requirement&, const std::string& extra) const;
  /// A version that was chosen by its number does for these.
  static bool has_pinned(const Chosen&, const std::string& specifiers);
  /// The versions that go, of one set of specifiers.
  std::set<std::string> newest(const Found&, std::string specifiers) const;
  Result<> follow(const Context&, const Found&, Chosen&);
  Result<> follow_version(const Context&, const model::FileRecord&, const std::string& extra);
  Result<> settle(const Context&);
  Result<> emit(const Found&, const std::string& project, const std::set<std::string>& versions);

  catalog::Catalog* catalog_;
  catalog::OnDemand* on_demand_;
  const Selection* selection_;
  const RequirementsOf* requirements_;
  const EachSelected* each_;
  const std::vector<python::MarkerEnvironment> environments_;
  std::map<std::string, std::string> limits_;  // by project: specifiers of constraints
  std::deque<python::Requirement> queue_;
  std::map<std::string, Chosen> chosen_;
  Gaps gaps_;
};

}  // namespace granary::view
