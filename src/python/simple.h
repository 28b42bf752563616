#pragma once
/// The Simple Repository API 1.4: PEP 503, 592, 629, 658, 691, 700, 714, 740, 792. Pure: same input, same
/// bytes.

#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.h"
#include "base/clock.h"
#include "model/types.h"
#include "python/project.h"

namespace granary::python {

inline constexpr std::string_view kSimpleApiVersion = "1.4";

struct ProjectList {
  /// Calls its argument for each project: normalised, sorted.
  std::function<void(const std::function<void(std::string_view)>&)> for_each_project;
  std::int64_t last_serial = 0;
};
std::string simple_list_json(const ProjectList& list);
/// Links are relative to the list: "foo/".
std::string simple_list_html(const ProjectList& list);

/// What a page says of a file. Views: large projects have tens of thousands.
struct PageFile {
  std::string_view filename, version;
  ByteSpan sha256{};       // empty: upstream gives none
  std::string_view md5{};  // hex; shown where there is no SHA-256
  std::uint64_t size = 0;  // 0: not known
  Time uploaded_at{};      // the epoch: not known
  std::string_view requires_python{};
  std::optional<std::string_view> yanked{};
  ByteSpan metadata_sha256{};  // empty: none is served
  bool provenance = false;
};
PageFile page_file(const model::FileRecord& file);
std::vector<PageFile> page_files(std::span<const model::FileRecord> files);

struct ProjectPage {
  std::string_view name;  // normalised
  std::span<const PageFile> files;
  /// What stands before "ab/cd/<sha256>/<filename>": "../../packages/".
  std::string_view files_prefix;
  std::int64_t last_serial = 0;
  /// What stands before "<project>/<version>/<filename>/provenance"; PEP 740 wants an absolute URL.
  std::string_view provenance_prefix = "../../integrity/";
  ProjectStatus status = ProjectStatus::active;
  std::string_view status_reason{};
};
/// Files by version (PEP 440), then by name.
std::string simple_project_json(const ProjectPage& page);
std::string simple_project_html(const ProjectPage& page);

/// "ab/cd/<sha256>/<filename>", encoded for a URL: named by content, so that it never changes.
/// Zeros stand for a digest that upstream does not give.
std::string file_path(const model::FileRecord& file);

/// Versions of the files, sorted, each once (1.0 and 1.0.0 are one).
std::vector<std::string> sorted_versions(std::span<const model::FileRecord> files);
/// Pointers into `files`, by version and name.
std::vector<const model::FileRecord*> sorted_files(std::span<const model::FileRecord> files);

}  // namespace granary::python
