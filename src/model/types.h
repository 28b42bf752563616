#pragma once
/// The nouns. Values only: no I/O, no SQL, no HTTP.

#include <chrono>
#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "base/bytes.h"
#include "base/clock.h"

namespace granary::model {

template <class Tag>
struct Id {
  std::int64_t value = 0;
  auto operator<=>(const Id&) const = default;
};
using SourceId = Id<struct SourceTag>;
using RepoId = Id<struct RepoTag>;
using FileId = Id<struct FileTag>;
/// Counts up from 1 over the whole server, so that one number names a state of every source. 0: before the
/// first. See docs/adr/0003-snapshots-as-intervals.md.
using TxNo = Id<struct TxTag>;

/// What a repository speaks. Bioconductor is R packages in trees of its own: packages/3.22/bioc/src/contrib.
enum class Ecosystem : std::uint8_t { r, python, bioconductor };

/// The types that exist today, with the incumbent's names.
enum class SourceType : std::uint8_t {
  local,
  local_python,
  cran,
  bioconductor,
  pypi,
  cran_snapshot,
  git,
  git_python
};
constexpr Ecosystem ecosystem_of(SourceType type) noexcept {
  switch (type) {
    case SourceType::local:
    case SourceType::cran:
    case SourceType::cran_snapshot:
    case SourceType::git:
      return Ecosystem::r;
    case SourceType::local_python:
    case SourceType::git_python:
    case SourceType::pypi:
      return Ecosystem::python;
    case SourceType::bioconductor:
      return Ecosystem::bioconductor;
  }
  return Ecosystem::r;
}
/// Has an upstream: nobody publishes to it. A cran-snapshot has none itself; it shows a `cran` source.
constexpr bool is_mirror(SourceType type) noexcept {
  return type == SourceType::cran || type == SourceType::bioconductor || type == SourceType::pypi;
}
/// Its packages are built from git repositories: nobody else publishes to it.
constexpr bool is_built(SourceType type) noexcept {
  return type == SourceType::git || type == SourceType::git_python;
}
/// Holds packages of one's own: their files are here and nowhere else.
constexpr bool is_own(SourceType type) noexcept {
  return type == SourceType::local || type == SourceType::local_python || is_built(type);
}
std::string_view name_of(SourceType type) noexcept;                           // "local", "local-python", ...
std::optional<SourceType> parse_source_type(std::string_view text) noexcept;  // also "local-r"
std::string_view name_of(Ecosystem type) noexcept;                            // "r", "python", "bioconductor"
std::optional<Ecosystem> parse_ecosystem(std::string_view text) noexcept;

/// Where a mirror gets its packages.
struct Upstream {
  std::string url{};               // without a '/' at its end: http, https or file; empty: the setting's
  std::string proxy{}, ca_file{};  // empty: the server's own
  std::string user{}, password{};  // Basic; the password may be encrypted as in settings
  bool operator==(const Upstream&) const = default;
};

struct Source {
  SourceId id;
  std::string name;
  SourceType type = SourceType::local;
  std::string description;
  Time created_at{};
  TxNo last_tx;  // 0 when nothing was ever published
  Upstream upstream{};
  std::optional<std::chrono::sys_days> frozen_at{};  // cran-snapshot: the day that it shows ...
  SourceId frozen_of{};                              // ... of this source
};

/// How clients get files: from a node, or from the object store itself, where a node sends them.
enum class Downloads : std::uint8_t { stream, redirect };
std::string_view name_of(Downloads downloads) noexcept;
std::optional<Downloads> parse_downloads(std::string_view text) noexcept;

struct Repository {
  RepoId id;
  std::string name;
  Ecosystem type = Ecosystem::r;
  std::string description;
  bool authenticated = false;
  Time created_at{};
  Downloads downloads = Downloads::stream;
  std::vector<SourceId> sources;  // in order: the first that has a package gives it whole
};

/// Names of sources and repositories: 1 to 64 of [A-Za-z0-9._-], beginning with a letter or digit, not made
/// of digits only, and none of the names that begin a URL of the server itself ("__api__", "upload",
/// "legacy", ...).
Result<> check_name(std::string_view name);

/// sync: what an upstream changed; describe: what was learned later about versions that were known.
enum class TxKind : std::uint8_t { add, remove, archive, yank, unyank, replace, sync, describe };
std::string_view name_of(TxKind kind) noexcept;
std::optional<TxKind> parse_tx_kind(std::string_view text) noexcept;

struct Transaction {
  TxNo number;
  SourceId source;
  Time at{};  // never before the transaction with the number below
  TxKind kind = TxKind::add;
  std::string actor;  // token description or "local"
  std::string comment;
  std::int64_t packages = 0;  // files it touched
};

/// What a URL's snapshot segment says.
struct Latest {
  auto operator<=>(const Latest&) const = default;
};
struct AsOf {
  std::chrono::sys_days day;  // the state at the end of that day, UTC; any calendar day
  auto operator<=>(const AsOf&) const = default;
};
/// "2024-05-01+<id>": what somebody pinned with `url create`.
struct Pinned {
  std::chrono::sys_days day;
  std::string id;
  auto operator<=>(const Pinned&) const = default;
};
using SnapshotRef = std::variant<Latest, AsOf, TxNo, Pinned>;
/// "latest", "2024-05-01", "17" or "2024-05-01+0a1b2c"; absent for anything else.
std::optional<SnapshotRef> parse_snapshot(std::string_view text);

/// One source of a repository at a snapshot.
struct Pin {
  SourceId source;
  SourceType type = SourceType::local;  // never cran_snapshot: that is a pin of the source it shows
  TxNo at;                              // what this server knew
  /// Mirrors: what upstream had before this moment; absent: the newest that is known.
  std::optional<Time> until{};
  /// A number or a locked URL: records as of `at`, or the first that came later where there was none yet.
  /// Else (latest, a day): the newest record, so that a project fetched on demand is there at once.
  bool exact = false;
  bool operator==(const Pin&) const = default;
};

enum class FileKind : std::uint8_t { r_source, sdist, wheel };
std::string_view name_of(FileKind kind) noexcept;  // "r_source", "sdist", "bdist_wheel"
std::optional<FileKind> parse_file_kind(std::string_view text) noexcept;

/// Where a mirrored file is to be had.
struct Origin {
  /// Absolute, or relative to the source's upstream URL; the next is tried when one is not there (a file of
  /// CRAN moves to Archive/ when it is superseded).
  std::vector<std::string> urls;
  /// Names the bytes within the source, for ever: what was fetched is remembered under it.
  std::string key;
  /// FileRecord::blob is what upstream says. Else it is all zeros until the file was fetched, and md5 and
  /// size (where known) are what the bytes must have.
  bool digest_known = false;
  /// A JSON document of some kilobytes, not an archive.
  bool document = false;
};

/// One distribution as one interval of one source's history. The same bytes yanked and unyanked again are
/// three.
struct FileRecord {
  FileId id;  // of the interval; unique, grows
  SourceId source;
  std::string package;  // R: as is. Python: normalised (PEP 503)
  std::string name;     // as its author spells it
  std::string version;
  std::string filename;
  FileKind kind = FileKind::r_source;
  Digest blob;
  std::uint64_t size = 0;
  std::string md5;  // hex
  Time uploaded_at{};
  std::string
      metadata;  // DESCRIPTION or METADATA, byte for byte as in the distribution; may be empty for an sdist
  std::optional<Digest> metadata_sha256;  // Python, wheels only
  std::string requires_python;            // empty: none
  bool archived = false;                  // R: moved to Archive although it is the newest
  std::optional<std::string> yanked;      // Python: the reason, may be empty
  TxNo added_in;
  std::optional<TxNo> gone_in;  // not visible in that transaction and later
  // Mirrored files only.
  std::optional<Origin> origin{};
  std::string folder{};      // R: the Path of PACKAGES ("4.4.0/Recommended"); mostly empty
  std::string provenance{};  // Python: URL of the attestations upstream (PEP 740)
};

struct Page {
  std::string after;  // exclusive; empty for the first page
  std::uint32_t limit = 1000;
};

}  // namespace granary::model
