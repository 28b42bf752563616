#include "view/newest_file.h"

#include <algorithm>

#include "python/version.h"
#include "view/version_order.h"

namespace granary::view {
namespace {

using model::FileRecord;

int rank_of(model::Ecosystem ecosystem, const FileRecord& file) {
  if (ecosystem != model::Ecosystem::python) return file.archived ? 0 : 1;
  const auto version = python::Version::parse(file.version);
  return (file.yanked ? 0 : 2) + (version && !version->is_prerelease() ? 1 : 0);
}

}  // namespace

const FileRecord& newest_file(model::Ecosystem ecosystem, const std::vector<FileRecord>& files) {
  return *std::max_element(files.begin(), files.end(), [&](const FileRecord& a, const FileRecord& b) {
    const int rank_a = rank_of(ecosystem, a), rank_b = rank_of(ecosystem, b);
    if (rank_a != rank_b) return rank_a < rank_b;
    const auto order = compare_versions(ecosystem, a.version, b.version);
    return order != 0 ? order < 0 : a.metadata.empty() && !b.metadata.empty();
  });
}

}  // namespace granary::view
