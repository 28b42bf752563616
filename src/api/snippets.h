#pragma once
/// What to paste into R, renv, pak, BiocManager, pip and uv to use a repository.

#include <string>
#include <string_view>
#include <vector>

#include "model/types.h"

namespace granary::api {

struct Snippet {
  std::string_view tool;
  std::string lines;
};

/// `base`: of this server, without a '/' at its end. `cran`: a repository that shows CRAN, which most of
/// Bioconductor needs; may be null.
std::vector<Snippet> snippets(const model::Repository& repository, std::string_view base,
                              std::string_view snapshot, const model::Repository* cran);

struct Kind {
  std::string_view name, index;  // the index: below the snapshot
};
Kind kind_of(model::Ecosystem type);

/// The first that anybody may read and that shows a source of CRAN; null when there is none.
const model::Repository* with_cran(const std::vector<model::Repository>& repositories,
                                   const std::vector<model::Source>& sources);

}  // namespace granary::api
