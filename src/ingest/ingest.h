#pragma once
/// The use cases that write: publish, remove, archive, yank, and the keeping of sources and repositories.
///
/// Order of writes: bytes are durable in the blob store before the row that names them; the row commits in
/// one transaction; delete goes the other way round. A kill at any line leaves garbage for collect(), never a
/// row without its bytes.

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.h"
#include "base/clock.h"
#include "base/context.h"
#include "blob/blob_store.h"
#include "catalog/catalog.h"
#include "model/types.h"

namespace granary::ingest {

/// One distribution as a client hands it over.
struct Upload {
  std::string filename;
  const ByteSource* bytes = nullptr;
  // What the client says about it: must agree where it is given.
  std::optional<std::string> sha256, md5, blake2b_256;  // hex
  std::optional<std::string> name, version, requires_python;
};

struct Publish {
  bool replace = false;  // other bytes under the same file name end the old interval
  bool dry_run = false;  // every check, no change
  std::string actor, comment;
  /// By a builder: what sources of type git and git-python take, and from nobody else.
  bool built = false;
  /// What is there with one of these digests stays, `replace` or not, as if it were the same.
  std::vector<Digest> keep{};
};

struct Published {
  model::FileRecord file;  // as recorded; in a dry run as it would be
  bool already = false;    // the same bytes were there: nothing was done, and that is success
  std::vector<std::string> warnings;
};

/// "pkg@1.2", "pkg@all", "pkg@current" or "pkg@file.tar.gz".
struct Selector {
  std::string package;
  std::string which;
};
Result<Selector> parse_selector(std::string_view text);

struct Changed {
  model::TxNo transaction;  // 0 when nothing changed
  std::vector<std::string> files;
};

/// What shall become another; absent: as it is.
struct RepositoryChange {
  std::optional<std::string> name{}, description{};
  std::optional<bool> authenticated{};
  std::optional<model::Downloads> downloads{};
};

struct Collected {
  std::uint64_t blobs = 0, bytes = 0;  // removed, or in a dry run what would be
  std::uint64_t young = 0;             // unnamed, but within the grace period
  std::uint64_t kept = 0, kept_bytes = 0;
};

struct Problem {
  std::string what;  // "missing", "damaged", "size"
  std::string source, filename, digest;
};
struct Verified {
  std::uint64_t files = 0, blobs = 0, bytes = 0;
  std::vector<Problem> problems;
};

/// Hears (done, total) now and then; a total of 0 is not known. Empty: nobody listens.
using OnProgress = std::function<void(std::uint64_t, std::uint64_t)>;

/// Safe for concurrent use. Sources and repositories are given by name or id.
class Ingest {
 public:
  virtual ~Ingest() = default;

  /// R and Python are told apart by content and must fit the source. Errors: invalid_argument (with what is
  /// wrong and what to do), conflict ("File already exists ..." for another content under the same name),
  /// too_large, corrupt.
  virtual Result<Published> publish(const Context&, std::string_view source, const Upload&,
                                    const Publish&) = 0;
  virtual Result<Changed> remove(const Context&, std::string_view source, const Selector&, bool dry_run,
                                 std::string_view actor, std::string_view comment) = 0;
  /// R: the current version goes to Archive: still there, no longer installed by default.
  virtual Result<Changed> archive(const Context&, std::string_view source, std::string_view package,
                                  std::string_view actor, std::string_view comment) = 0;
  /// Python (PEP 592): `which` may be a version, "all" or a file name.
  virtual Result<Changed> yank(const Context&, std::string_view source, const Selector&,
                               std::string_view reason, std::string_view actor) = 0;
  virtual Result<Changed> unyank(const Context&, std::string_view source, const Selector&,
                                 std::string_view actor) = 0;

  /// Sources and repositories. `succeed_on_existing`: the same name and type again is success.
  virtual Result<model::Source> create_source(const Context&, std::string_view name, model::SourceType,
                                              std::string_view description, bool succeed_on_existing) = 0;
  virtual Result<model::Source> edit_source(const Context&, std::string_view source,
                                            std::optional<std::string> name,
                                            std::optional<std::string> description) = 0;
  /// True when it was large: rows are left, which nobody sees, for erase_deleted().
  virtual Result<bool> delete_source(const Context&, std::string_view source) = 0;
  /// Of `wanted` its name, type, description, access and downloads count. Errc::invalid_argument when access
  /// and downloads do not go together.
  virtual Result<model::Repository> create_repository(const Context&, const model::Repository&,
                                                      bool succeed_on_existing) = 0;
  virtual Result<model::Repository> edit_repository(const Context&, std::string_view repository,
                                                    const RepositoryChange&) = 0;
  virtual Result<> delete_repository(const Context&, std::string_view repository) = 0;
  virtual Result<model::Repository> subscribe(const Context&, std::string_view repository,
                                              std::string_view source, bool succeed_on_existing) = 0;
  virtual Result<model::Repository> unsubscribe(const Context&, std::string_view repository,
                                                std::string_view source) = 0;
  /// Exactly the subscribed sources, in the new order.
  virtual Result<model::Repository> reorder(const Context&, std::string_view repository,
                                            const std::vector<std::string>& sources) = 0;

  /// Removes what deleted sources left, in slices between which others write; the number of rows. Safe to run
  /// twice, also at a time. Progress: rows.
  virtual Result<std::uint64_t> erase_deleted(const Context&, const OnProgress&) = 0;
  virtual Result<bool> has_deleted(const Context&) = 0;
  /// Does erase_deleted(). Then removes blobs that no interval of any source names and that are older than
  /// `grace`. Progress: objects that were looked at, then those of the garbage that were removed.
  virtual Result<Collected> collect(const Context&, bool dry_run, std::chrono::seconds grace,
                                    const OnProgress&) = 0;
  /// Every row has its bytes, every byte string its hash. Progress: bytes.
  virtual Result<Verified> verify(const Context&, const OnProgress&) = 0;
};

/// `patience`: see catalog::kRemovalPatience. `older_nodes_work`: whether nodes of a version share the
/// database that does not heed the marks of collect(), which then removes nothing (Errc::unavailable); empty:
/// no.
std::unique_ptr<Ingest> make_ingest(std::shared_ptr<catalog::Catalog>, std::shared_ptr<blob::BlobStore>,
                                    std::shared_ptr<const Clock>,
                                    std::chrono::milliseconds patience = catalog::kRemovalPatience,
                                    std::function<bool()> older_nodes_work = {});

}  // namespace granary::ingest
