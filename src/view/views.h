#pragma once
/// What a client sees under one repository URL at one snapshot, and the rendered bodies of it. Read only.
///
/// A repository at a snapshot is a pure function of (subscriptions, transactions). Its fingerprint names
/// every rendered body; `latest` is only a pointer, moved by db::Database::on_change.

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/context.h"
#include "base/generation.h"
#include "catalog/catalog.h"
#include "catalog/on_demand.h"
#include "model/types.h"
#include "python/project.h"
#include "python/simple.h"
#include "view/names.h"
#include "view/r_tree.h"
#include "view/render.h"

namespace granary::view {

/// A repository as of a moment: each source at one of its transactions.
struct Snapshot {
  std::shared_ptr<const model::Repository> repository;
  std::vector<model::Pin> pins;  // in order of subscription; sources with nothing are left out
  std::string fingerprint;       // changes exactly when any answer can change
  Freshness fresh;               // how long a cached answer may be used
  bool settled = false;  // a past day or a number: no later transaction can change it (long cache life)
  bool latest = false;   // asked for as latest, which moves
  /// R: which tree is shown (see Views::tree); "src/contrib" of a repository of Bioconductor is empty.
  std::string tree = "src/contrib";
  bool absent = false;  // no source has such a tree
};

/// What the page of a project of Python says.
struct ProjectContent {
  std::vector<python::PageFile> files;
  std::int64_t serial = 0;  // of the project itself, so that its page stays when another one changes
  /// PEP 792: what upstream says of a mirrored project now; of one's own they are active.
  python::ProjectStatus status = python::ProjectStatus::active;
  std::string status_reason;
  std::shared_ptr<const void> text;  // what `files` points into
};

/// An index as it was rendered.
struct Index {
  std::string body;
  bool lasting = true;  // as good as it will ever be for its fingerprint
};

using EachMirrored = std::function<Result<>(RPackageView&, const model::Pin&)>;

/// Safe for concurrent use.
class Views {
 public:
  virtual ~Views() = default;

  /// Errc::not_found when there is no such repository. Answers from memory but for the first time after a
  /// change of a mirror, and of one's own sources reads only what is new; while the database cannot be asked,
  /// as it last did, with a Freshness that does not hold.
  virtual Result<Snapshot> resolve(const Context&, std::string_view repository,
                                   const model::SnapshotRef&) = 0;
  /// The repository alone, from memory; null when there is none.
  virtual Result<std::shared_ptr<const model::Repository>> repository(const Context&,
                                                                      std::string_view name_or_id) = 0;

  /// The snapshot narrowed to what it shows of one package, a project of Python or a package of R, so that
  /// answers about it are named by what they are made of: a change of another one leaves them alone. Of
  /// one's own sources, from memory, the last change of the package; nothing is left when none has it. A
  /// mirrored project is fetched when it is not known yet; beside an index upstream own names win, also on
  /// days before they were published. Errors: unavailable when upstream cannot be asked and nothing is known.
  virtual Result<Snapshot> project(const Context&, const Snapshot&, std::string_view project) = 0;

  /// The snapshot as another tree of R packages shows it, such as "bin/windows/contrib/4.5": what the rest
  /// says of it is that tree's. A mirror's tree is fetched when it is not known yet; where upstream has none
  /// it is empty, and the answer is good for this request only (not settled, not fresh). A name belongs to
  /// the first source that has it among its sources or there, so that no binary of another's shadows one's
  /// own. Errors: unavailable when upstream cannot be asked and nothing is known.
  virtual Result<Snapshot> tree(const Context&, const Snapshot&, std::string_view tree) = 0;
  /// Bioconductor's config.yaml as of the snapshot; null when none of its sources was ever synchronised.
  virtual Result<std::shared_ptr<const std::string>> bioc_config(const Context&, const Snapshot&) = 0;

  /// The day from which on days of the snapshot's mirrors differ: of CRAN the first version with a date, of
  /// an index of Python 2005-01-01, before which PyPI took no files. Absent where there is no such mirror.
  virtual Result<std::optional<std::chrono::sys_days>> first_day(const Context&, const Snapshot&) = 0;

  /// The files of a package: whole from the first source that has it, never mixed. Empty when none has it.
  virtual Result<std::vector<model::FileRecord>> files(const Context&, const Snapshot&,
                                                       std::string_view package) = 0;
  /// The same files, as a page says them: for large projects much less work. `snapshot` is of project().
  virtual Result<ProjectContent> content(const Context&, const Snapshot& snapshot,
                                         std::string_view project) = 0;
  /// The file of that name, if the package it belongs to comes from the source that has it. What a snapshot
  /// that is not settled lacks is looked for in the newest one, so that no node denies what another has
  /// shown.
  virtual Result<std::optional<model::FileRecord>> find_file(const Context&, const Snapshot&,
                                                             std::string_view package,
                                                             std::string_view filename) = 0;
  /// Every name, kept in memory: of each source once per state of it.
  virtual Result<Names> names(const Context&, const Snapshot&) = 0;
  /// The same with titles, where they are known: to be searched.
  virtual Result<Names> titled_names(const Context&, const Snapshot&) = 0;
  /// For each of these names (of names()) the file that stands for the package, see newest_file. Upstream is
  /// not asked: absent where nothing is known but the name.
  virtual Result<std::vector<std::optional<model::FileRecord>>> newest_files(
      const Context&, const Snapshot&, const std::vector<std::string>& packages) = 0;
  /// Every file of the merged repository, package by package (see catalog::ReadView::for_each_file).
  virtual Result<> for_each_file(const Context&, const Snapshot&,
                                 const std::function<Result<>(const model::FileRecord&)>& each) = 0;
  /// The same for who needs not all of it: a package of a mirrored tree is given whole, as it lies in memory,
  /// so that whoever wants what is current pays for no version of Archive. The view is used again.
  virtual Result<> for_each_package(const Context&, const Snapshot&,
                                    const std::function<Result<>(const model::FileRecord&)>& own,
                                    const EachMirrored& mirrored) = 0;

  /// `render` runs once per (fingerprint, key), also when many ask at once. `compressible`: make gzip and
  /// zstd too.
  virtual Result<std::shared_ptr<const Rendered>> rendered(
      const Context&, const Snapshot&, std::string_view key, bool compressible,
      const std::function<Result<std::string>()>& render) = 0;
  /// The same for indexes, which may take long: what lasts is kept in the object store too, and looked for
  /// there before it is rendered (render_store.h).
  virtual Result<std::shared_ptr<const Rendered>> rendered_index(
      const Context&, const Snapshot&, std::string_view key, bool compressible,
      const std::function<Result<Index>()>& render) = 0;
};

class RenderStore;

/// Registers itself with the database's on_change. `cache_bytes` bounds the rendered bodies. `on_demand`
/// null: mirrors show what is known of them. `render_store` null: bodies are kept in memory alone.
std::shared_ptr<Views> make_views(std::shared_ptr<catalog::Catalog>, db::Database&,
                                  std::shared_ptr<const Clock>, std::size_t cache_bytes,
                                  std::shared_ptr<catalog::OnDemand> on_demand = nullptr,
                                  std::shared_ptr<RenderStore> render_store = nullptr);

}  // namespace granary::view
