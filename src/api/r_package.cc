#include "api/r_package.h"

#include <algorithm>

#include "r/version.h"

namespace granary::api {

RPackage tell_apart(std::vector<model::FileRecord> files) {
  std::sort(files.begin(), files.end(), [](const model::FileRecord& a, const model::FileRecord& b) {
    const auto order = r::compare_versions(a.version, b.version);
    return order != 0 ? order < 0 : a.id < b.id;
  });
  RPackage package;
  const auto in_folder = std::stable_partition(files.begin(), files.end(), [](const model::FileRecord& file) {
    return file.archived || file.folder.empty();
  });
  package.in_folders.assign(std::make_move_iterator(in_folder), std::make_move_iterator(files.end()));
  files.erase(in_folder, files.end());
  for (auto file = files.rbegin(); file != files.rend(); ++file) {
    if (file->archived) continue;
    package.current = std::move(*file);
    files.erase(std::next(file).base());
    break;
  }
  package.archive = std::move(files);
  return package;
}

}  // namespace granary::api
