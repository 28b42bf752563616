#pragma once
/// The titles of a tree's packages, which PACKAGES does not have: CRAN gives them in
/// web/packages/packages.rds (what tools::CRAN_package_db() reads), Bioconductor in the VIEWS of each
/// release.

#include <string>
#include <string_view>

#include "base/result.h"

namespace granary::r {

/// Lines "package TAB title", sorted, each package once; those whose title cannot be read are left out.
/// Errc::corrupt when that is no table with the columns Package and Title, Errc::too_large.
Result<std::string> titles_in_packages_rds(std::string_view bytes);
/// The same of DCF.
Result<std::string> titles_in_views(std::string_view text);

/// Where upstream has the titles of a tree; empty when nowhere.
struct TitlesPath {
  std::string path;
  bool rds = false;  // else VIEWS
};
TitlesPath titles_path(std::string_view tree);

/// Looks names up in such lines, which must outlive it. Names are asked for in their order, each once.
class TitleReader {
 public:
  explicit TitleReader(std::string_view lines) : rest_(lines) {}
  /// Empty when there is none.
  std::string_view find(std::string_view package);

 private:
  std::string_view rest_;
};

}  // namespace granary::r
