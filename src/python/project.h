#pragma once
/// What is known of one project of an upstream index: every file with its dates. Pure. See
/// docs/adr/0007-mirrors.md.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.h"
#include "base/clock.h"

namespace granary::python {

/// PEP 792. Its reason is Project::status_reason.
enum class ProjectStatus : std::uint8_t { active, archived, deprecated, quarantined };
std::string_view name_of(ProjectStatus status) noexcept;
/// `active` for what is not known.
ProjectStatus parse_project_status(std::string_view text) noexcept;

/// A wheel or sdist that upstream lists, or listed. Bytes of one name that were replaced or came back are
/// several.
struct UpstreamFile {
  std::string filename;
  std::string version;  // as the file's name spells it
  bool wheel = false;
  std::string url;  // absolute, without fragment
  std::optional<Digest> sha256;
  std::string md5;                    // hex; empty: not known
  std::optional<std::uint64_t> size;  // PEP 700
  std::optional<Time> uploaded_at;    // PEP 700
  /// When we saw it come: set where upstream gives no date, and for what comes again. Absent: `uploaded_at`
  /// counts, and without that it was always there.
  std::optional<Time> appeared;
  std::optional<Time> gone;  // when we saw that upstream does not list it any more
  std::string requires_python;
  std::optional<std::string> yanked;  // PEP 592: the reason, may be empty; as upstream has it now
  bool has_metadata = false;          // PEP 658
  std::optional<Digest> metadata_sha256;
  std::string provenance;  // PEP 740: URL of the attestations; empty: none
  bool operator==(const UpstreamFile&) const = default;

  Time since() const noexcept { return appeared ? *appeared : uploaded_at.value_or(Time::min()); }
  /// Just before `until`; absent: now.
  bool visible(std::optional<Time> until) const noexcept {
    return until ? since() < *until && (!gone || *gone >= *until) : !gone.has_value();
  }
};

/// The largest projects of PyPI have some 50,000 files. Of more, gone ones included, the oldest that are gone
/// are forgotten first.
inline constexpr std::size_t kMostFilesKept = 500'000;

struct Project {
  std::string shown;  // the name as upstream spells it
  std::int64_t serial = 0;
  std::string etag;
  ProjectStatus status = ProjectStatus::active;
  std::string status_reason;
  /// By version (PEP 440), then by name, then by `since`. At any moment each name is visible at most once.
  /// Versions that have no file are not kept: nobody can install them.
  std::vector<UpstreamFile> files;
  bool operator==(const Project&) const = default;
};

/// Puts the files in their order; of several visible ones of one name the first stays.
void put_in_order(Project& project);

/// What is known after `fetched`, a page without history, was seen at `now`: what is not in it any more is
/// gone from now on; yanks and facts are as upstream has them now.
Project merge(const Project& old, Project fetched, Time now);

/// Nothing but the entity tag differs, so that there is nothing to write.
bool same_content(const Project& a, const Project& b);

}  // namespace granary::python
