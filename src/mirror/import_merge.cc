#include "mirror/import_merge.h"

#include <algorithm>

#include "python/project_record.h"
#include "r/history.h"
#include "r/version.h"

namespace granary::mirror {
namespace {

Result<std::string> merge_r(std::string_view known, std::string_view brought) {
  auto now = TRY(r::decode_history(brought));
  if (known.empty()) return r::encode(now);
  for (auto& old : TRY(r::decode_history(known)).versions) {
    const bool again =
        std::any_of(now.versions.begin(), now.versions.end(), [&](const r::HistoryVersion& one) {
          return one.version == old.version && one.folder == old.folder && one.published == old.published;
        });
    if (!again) now.versions.push_back(std::move(old));
  }
  std::stable_sort(now.versions.begin(), now.versions.end(),
                   [](const r::HistoryVersion& a, const r::HistoryVersion& b) {
                     if (a.published != b.published) return a.published < b.published;
                     return r::compare_versions(a.version, b.version) < 0;
                   });
  return r::encode(now);
}

Result<std::string> merge_python(std::string_view known, std::string_view brought) {
  auto now = TRY(python::decode_project(brought));
  if (known.empty()) return python::encode(now);
  for (auto& old : TRY(python::decode_project(known)).files) {
    const bool again = std::any_of(now.files.begin(), now.files.end(), [&](const python::UpstreamFile& one) {
      return one.filename == old.filename && one.since() == old.since();
    });
    if (!again) now.files.push_back(std::move(old));
  }
  python::put_in_order(now);
  return python::encode(now);
}

}  // namespace

Result<std::string> merge_imported(model::Ecosystem ecosystem, std::string_view known,
                                   std::string_view brought) {
  return ecosystem == model::Ecosystem::python ? merge_python(known, brought) : merge_r(known, brought);
}

}  // namespace granary::mirror
