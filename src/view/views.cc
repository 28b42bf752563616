#include "view/views.h"

#include <algorithm>
#include <atomic>
#include <condition_variable>
#include <functional>
#include <mutex>
#include <thread>

#include "base/away.h"
#include "base/hash.h"
#include "base/time_text.h"
#include "catalog/mirror_keys.h"
#include "catalog/named.h"
#include "r/tree_name.h"
#include "view/directory.h"
#include "view/kept_names.h"
#include "view/made_once.h"
#include "view/merged_files.h"
#include "view/newest_file.h"
#include "view/own_sources.h"
#include "view/pinned.h"
#include "view/pins.h"
#include "view/projects.h"
#include "view/r_trees.h"
#include "view/render_store.h"

namespace granary::view {
namespace {

using catalog::ReadView;
using FoundFile = std::optional<model::FileRecord>;

constexpr std::size_t kSnapshotsKept = 4096;
constexpr std::chrono::seconds kLookAgain{60};
/// At least: those of PyPI take 17 MB, and of the next state as much.
constexpr std::size_t kNamesKept = 48 << 20;
constexpr std::chrono::sys_days kFirstOfPython{std::chrono::year(2005) / 1 / 1};
/// Files that are kept with the page of their project.
constexpr std::size_t kFilesOfAPage = 64;
/// Part of every fingerprint: another number when bodies are rendered in another way.
constexpr std::string_view kFormat = "3";
/// At the end of the fingerprint of a tree that some upstream lacks.
constexpr char kLacking = '-';

std::string text_of(const model::SnapshotRef& ref) {
  if (const auto* as_of = std::get_if<model::AsOf>(&ref)) return day_text(as_of->day);
  if (const auto* number = std::get_if<model::TxNo>(&ref)) return std::to_string(number->value);
  if (const auto* pinned = std::get_if<model::Pinned>(&ref)) return day_text(pinned->day) + '+' + pinned->id;
  return "latest";
}

std::string fingerprint_of(const Snapshot& snapshot) {
  std::string text(kFormat);
  text += '|' + std::to_string(snapshot.repository->id.value) + '|' + snapshot.repository->name;
  text += '|' + pins_text(snapshot.pins);
  if (snapshot.tree != r::kSourceTree) text += '|' + snapshot.tree;
  return sha256(as_bytes(text)).hex().substr(0, 32);
}

Result<std::optional<std::chrono::sys_days>> first_dated(const RTree& tree) {
  std::optional<std::chrono::sys_days> first;
  r::HistoryView history;
  for (const auto& package : tree.packages) {
    TRY(r::decode_history(*package.record, history));
    for (const auto& version : history.versions) {
      const auto day = std::chrono::floor<std::chrono::days>(version.published);
      if (version.published != r::kAlways && (!first || day < *first)) first = day;
    }
  }
  return first;
}

/// Apart while upstream lacks the tree, which then may come without a transaction of ours.
std::string tree_of_names(const Snapshot& snapshot) {
  return snapshot.tree + (snapshot.fingerprint.ends_with(kLacking) ? std::string(1, kLacking) : "");
}

std::string key_of_file(const Snapshot& snapshot, std::string_view package, std::string_view filename) {
  auto key = snapshot.fingerprint;
  return key.append(1, '/').append(package).append(1, '/').append(filename);
}

std::size_t weight_of_file(const FoundFile& file) {
  return sizeof(FoundFile) + (file ? file->metadata.size() + file->requires_python.size() : 0);
}

class CatalogViews final : public Views {
 public:
  CatalogViews(std::shared_ptr<catalog::Catalog> catalog, std::shared_ptr<const Clock> clock,
               std::size_t cache_bytes, std::shared_ptr<catalog::OnDemand> on_demand,
               std::shared_ptr<RenderStore> render_store)
      : catalog_(std::move(catalog)),
        clock_(std::move(clock)),
        directory_(catalog_),
        own_(catalog_),
        r_trees_(catalog_),
        merged_(catalog_, r_trees_),
        on_demand_(std::move(on_demand)),
        projects_(catalog_, own_, on_demand_, cache_bytes / 8),
        snapshots_(kSnapshotsKept),
        names_(catalog_, own_, std::max(cache_bytes / 8, kNamesKept)),
        files_(cache_bytes / 8),
        bodies_(cache_bytes),
        render_store_(std::move(render_store)) {}

  void heard(std::span<const std::int64_t> topics) {
    own_.heard(topics);  // who finds what he knows out of date asks anew, and is to be told what is new
    directory_.heard(topics);
  }
  /// The event loops ask nobody whether a page is fresh enough: now and then they must.
  void look_again_every(std::chrono::seconds interval) {
    ticking_ = std::jthread([this, interval](const std::stop_token& stop) {
      std::mutex mutex;
      std::condition_variable_any never;
      std::unique_lock lock(mutex);
      while (!never.wait_for(lock, stop, interval, [&] { return stop.stop_requested(); }))
        directory_.projects_may_be_old();
    });
  }

  Result<Snapshot> resolve(const Context& ctx, std::string_view repository,
                           const model::SnapshotRef& ref) override {
    const Known known = TRY(directory_.find(ctx, repository));
    if (!known.repository) return catalog::no_repository(repository);
    const std::string key = std::to_string(known.repository->id.value) + '@' + text_of(ref);
    std::optional<Snapshot> older;
    {
      const std::scoped_lock lock(mutex_);
      const auto* cached = snapshots_.find(key);
      if (cached != nullptr && cached->repository == known.repository && cached->fresh.holds() &&
          (cached->settled || !may_settle(ref)))
        return *cached;
      if (cached != nullptr && cached->repository->name == known.repository->name) older = *cached;
    }
    auto computed = compute(ctx, known, ref);
    if (!computed) {
      // Without the database the last that was known goes on, for as long as it takes.
      if (!older || !is_away(computed.error())) return computed;
      older->repository = known.repository;
      older->fresh = {};
      return *std::move(older);
    }
    const std::scoped_lock lock(mutex_);
    snapshots_.put(key, *computed, 1);
    return computed;
  }

  Result<std::shared_ptr<const model::Repository>> repository(const Context& ctx,
                                                              std::string_view name_or_id) override {
    return TRY(directory_.find(ctx, name_or_id)).repository;
  }

  Result<Snapshot> project(const Context& ctx, const Snapshot& snapshot, std::string_view project) override {
    const bool fetches = std::any_of(snapshot.pins.begin(), snapshot.pins.end(), is_index);
    const Known known = TRY(directory_.find(ctx, std::to_string(snapshot.repository->id.value)));
    if (!known.repository) return snapshot;
    // Counted before reading, and before asking whether the whole is still fresh: see Directory::heard.
    const auto shard = std::shared_ptr<const Generation>(known.projects,
                                                         &(*known.projects)[catalog::project_shard(project)]);
    Snapshot narrowed = snapshot;
    const auto touched = Freshness::observe(shard);
    const bool for_ever = snapshot.fresh.of == directory_.configuration() && !fetches;
    if (snapshot.fresh.holds() && !for_ever) narrowed.fresh = touched;
    narrowed.pins =
        fetches ? TRY(projects_.owner(ctx, snapshot, project, touched,
                                      [&](const model::Pin& pin) { return names_.lacks(pin, project); }))
                : TRY(owner(ctx, snapshot, project));
    const auto shows_own = [](const model::Pin& pin) { return is_own(pin.type); };
    // Without the database what was known last goes on, but nobody denies what he was told of and cannot
    // read.
    if (snapshot.latest && !snapshot.fresh.holds() &&
        std::none_of(narrowed.pins.begin(), narrowed.pins.end(), shows_own))
      for (const auto source : known.repository->sources) TRY(own_.be_sure(ctx, source, project));
    narrowed.fingerprint = fingerprint_of(narrowed);
    if (snapshot.fingerprint.ends_with(kLacking)) narrowed.fingerprint += kLacking;
    return narrowed;
  }

  Result<Snapshot> tree(const Context& ctx, const Snapshot& snapshot, std::string_view tree) override {
    Snapshot narrowed = snapshot;
    narrowed.tree = tree;
    std::size_t asked = 0, lacking = 0;
    for (const auto& pin : snapshot.pins) {
      if (!shows_trees(pin) || tree == r::kSourceTree || !on_demand_) continue;
      const auto wanted = on_demand_->want_tree(ctx, pin.source, tree);
      if (!wanted && wanted.error().code() != Errc::not_found) return tl::unexpected(wanted.error());
      ++asked;
      if (!wanted) ++lacking;
    }
    narrowed.absent = asked > 0 && lacking == asked;
    narrowed.fingerprint = fingerprint_of(narrowed);
    if (lacking > 0) {  // upstream may have it in a while, without a transaction of ours
      narrowed.fingerprint += kLacking;
      narrowed.settled = false;
      narrowed.fresh = {};
    }
    return narrowed;
  }

  Result<std::shared_ptr<const std::string>> bioc_config(const Context& ctx,
                                                         const Snapshot& snapshot) override {
    RPackageView shown;
    for (const auto& pin : snapshot.pins) {
      if (pin.type != model::SourceType::bioconductor) continue;
      const auto tree = TRY(r_trees_.get(ctx, pin, catalog::kBiocConfig));
      const auto* held = tree->find(catalog::kBiocConfig);
      if (held == nullptr || !TRY(shown.load(*held, pin.until)) || shown.current().empty()) continue;
      return std::make_shared<const std::string>(shown.history().versions[shown.current().back()].stanza);
    }
    return std::shared_ptr<const std::string>();
  }

  Result<std::optional<std::chrono::sys_days>> first_day(const Context& ctx,
                                                         const Snapshot& snapshot) override {
    std::optional<std::chrono::sys_days> first;
    for (const auto& pin : snapshot.pins) {
      std::optional<std::chrono::sys_days> here;
      if (is_index(pin)) here = kFirstOfPython;
      if (pin.type == model::SourceType::cran)
        here = TRY(first_dated(*TRY(r_trees_.get(ctx, pin, r::kSourceTree))));
      if (here && (!first || *here < *first)) first = here;
    }
    return first;
  }

  Result<std::vector<model::FileRecord>> files(const Context& ctx, const Snapshot& snapshot,
                                               std::string_view package) override {
    if (snapshot.pins.empty()) return std::vector<model::FileRecord>();
    if (is_index(snapshot.pins.front())) return projects_.files(ctx, snapshot.pins.front(), package);
    return merged_.files(ctx, snapshot, package);
  }

  Result<ProjectContent> content(const Context& ctx, const Snapshot& snapshot,
                                 std::string_view project) override {
    if (!snapshot.pins.empty() && is_index(snapshot.pins.front()))
      return projects_.content(ctx, snapshot.pins.front(), project);
    ProjectContent content;
    const auto files =
        std::make_shared<const std::vector<model::FileRecord>>(TRY(this->files(ctx, snapshot, project)));
    content.files = python::page_files(*files);
    content.text = files;
    for (const auto& file : *files) content.serial = std::max(content.serial, file.added_in.value);
    // Who reads the page asks for its files next. Of very many, for few.
    if (files->size() <= kFilesOfAPage)
      for (const auto& file : *files)
        files_.put(key_of_file(snapshot, file.package, file.filename), file, weight_of_file(file));
    return content;
  }

  Result<std::optional<model::FileRecord>> find_file(const Context& ctx, const Snapshot& snapshot,
                                                     std::string_view package,
                                                     std::string_view filename) override {
    auto found = TRY(find_known_file(ctx, snapshot, package, filename));
    if (found || !snapshot.latest) return found;
    // Another node may have shown the file on a page before we hear of it.
    const Known known = TRY(directory_.find(ctx, snapshot.repository->name));
    if (!known.repository) return found;
    // When the database cannot be asked it is not for us to deny the file: who asks has its name from
    // somewhere, and a node that can be asked may be the next.
    auto newest = TRY(look_again(ctx, known));
    newest.tree = snapshot.tree;
    newest.fingerprint = fingerprint_of(newest);
    const auto narrowed = TRY(project(ctx, newest, package));
    for (const auto& shown : {std::cref(newest), std::cref(narrowed)})
      if (shown.get().fingerprint == snapshot.fingerprint) return found;
    return find_known_file(ctx, narrowed, package, filename);
  }

  Result<Names> names(const Context& ctx, const Snapshot& snapshot) override {
    return all_names(ctx, snapshot, false);
  }
  Result<Names> titled_names(const Context& ctx, const Snapshot& snapshot) override {
    return all_names(ctx, snapshot, true);
  }

  Result<std::vector<FoundFile>> newest_files(const Context& ctx, const Snapshot& snapshot,
                                              const std::vector<std::string>& packages) override {
    std::vector<FoundFile> found(packages.size());
    const bool indexed = std::any_of(snapshot.pins.begin(), snapshot.pins.end(), is_index);
    std::vector<bool> decided(packages.size());
    for (const auto& pin : snapshot.pins) {
      if (!indexed) break;
      TRY(newest_of_source(ctx, pin, packages, found, decided));
    }
    for (std::size_t i = 0; i < packages.size() && !indexed; ++i) {
      TRY(ctx.check());
      const auto files = TRY(merged_.files(ctx, snapshot, packages[i]));
      if (!files.empty()) found[i] = newest_file(snapshot.repository->type, files);
    }
    return found;
  }

  Result<> for_each_file(const Context& ctx, const Snapshot& snapshot,
                         const std::function<Result<>(const model::FileRecord&)>& each) override {
    return merged_.for_each_package(
        ctx, snapshot, each, [&](RPackageView& package, const model::Pin& pin) -> Result<> {
          for (const auto& file : file_records(pin.source, snapshot.tree, package)) TRY(each(file));
          return {};
        });
  }

  Result<> for_each_package(const Context& ctx, const Snapshot& snapshot,
                            const std::function<Result<>(const model::FileRecord&)>& own,
                            const EachMirrored& mirrored) override {
    return merged_.for_each_package(ctx, snapshot, own, mirrored);
  }

  Result<std::shared_ptr<const Rendered>> rendered(
      const Context& ctx, const Snapshot& snapshot, std::string_view key, bool compressible,
      const std::function<Result<std::string>()>& render) override {
    return bodies_.get(
        ctx, snapshot.fingerprint + '/' + std::string(key),
        [&]() -> Result<Rendered> { return Rendered(TRY(render()), compressible, Packing::quick); },
        [](const Rendered& rendered) { return rendered.weight(); });
  }

  Result<std::shared_ptr<const Rendered>> rendered_index(
      const Context& ctx, const Snapshot& snapshot, std::string_view key, bool compressible,
      const std::function<Result<Index>()>& render) override {
    std::string named = snapshot.fingerprint;
    named.append(1, '/').append(key);
    std::string slot = snapshot.latest ? std::to_string(snapshot.repository->id.value) : snapshot.fingerprint;
    slot.append(1, '/').append(snapshot.tree).append(1, '/').append(key);
    const auto make = [&](bool& lasting) -> Result<Rendered> {
      auto index = TRY(render());
      lasting = index.lasting;
      return Rendered(std::move(index.body), compressible);
    };
    // One whose trees upstream may still have is of this moment only.
    const bool passing = snapshot.fingerprint.ends_with(kLacking);
    std::optional<Digest> worth_keeping;
    auto body = TRY(bodies_.get(
        ctx, named,
        [&]() -> Result<Rendered> {
          bool lasting = true;
          if (!render_store_ || passing) return make(lasting);
          return render_store_->rendered(
              ctx, slot, [&] { return made_of(ctx, snapshot, named); }, make, worth_keeping);
        },
        [](const Rendered& rendered) { return rendered.weight(); }));
    if (worth_keeping) render_store_->keep(slot, *worth_keeping, body);
    return body;
  }

 private:
  /// What a fingerprint says, and when its transactions were: their numbers may come again, in a database
  /// that was restored or in another one over the same store.
  Result<std::string> made_of(const Context& ctx, const Snapshot& snapshot, const std::string& named) {
    std::string text;
    TRY(catalog_->read(ctx, [&](ReadView& view) -> Result<> {
      text = named;
      for (const auto& pin : snapshot.pins) {
        const auto last = TRY(view.transactions(pin.source, {pin.at.value + 1}, 1));
        const auto at = last.empty() ? Time{} : last.front().at;
        text += '|' + std::to_string(at.time_since_epoch().count());
      }
      return {};
    }));
    return text;
  }

  /// Of Python: what the source says of the packages that no source before it has.
  Result<> newest_of_source(const Context& ctx, const model::Pin& pin,
                            const std::vector<std::string>& packages, std::vector<FoundFile>& found,
                            std::vector<bool>& decided) {
    std::vector<std::string> asked;
    std::vector<std::size_t> places;
    const auto names = TRY(names_.get(ctx, pin, r::kSourceTree, nullptr, false));
    for (std::size_t i = 0; i < packages.size(); ++i) {
      if (decided[i] || !names->contains(packages[i])) continue;
      decided[i] = true;
      asked.push_back(packages[i]);
      places.push_back(i);
    }
    if (asked.empty()) return {};
    if (is_index(pin)) {
      auto files = TRY(projects_.newest(ctx, pin, asked));
      for (std::size_t i = 0; i < asked.size(); ++i) found[places[i]] = std::move(files[i]);
      return {};
    }
    return catalog_->read(ctx, [&](ReadView& view) -> Result<> {
      for (std::size_t i = 0; i < asked.size(); ++i) {
        const auto files = TRY(view.files(pin.source, pin.at, asked[i]));
        if (!files.empty()) found[places[i]] = newest_file(model::Ecosystem::python, files);
      }
      return {};
    });
  }

  Result<Names> all_names(const Context& ctx, const Snapshot& snapshot, bool titled) {
    const auto trees = TRY(merged_.trees_of(ctx, snapshot));
    const auto name = tree_of_names(snapshot);
    std::vector<Names::Part> parts;
    for (std::size_t i = 0; i < snapshot.pins.size(); ++i)
      parts.push_back(TRY(names_.get(ctx, snapshot.pins[i], name, trees.shown[i].get(), titled)));
    return Names(std::move(parts));
  }

  Result<FoundFile> find_known_file(const Context& ctx, const Snapshot& snapshot, std::string_view package,
                                    std::string_view filename) {
    if (snapshot.pins.empty()) return std::nullopt;
    const auto made = TRY(files_.get(
        ctx, key_of_file(snapshot, package, filename),
        [&] { return read_file(ctx, snapshot, package, filename); }, weight_of_file));
    return *made;
  }

  Result<FoundFile> read_file(const Context& ctx, const Snapshot& snapshot, std::string_view package,
                              std::string_view filename) {
    if (!is_index(snapshot.pins.front())) return merged_.find_file(ctx, snapshot, package, filename);
    FoundFile found;
    for (auto& file : TRY(projects_.files(ctx, snapshot.pins.front(), package)))
      if (file.filename == filename) found = std::move(file);
    return found;
  }

  /// A day that may be settled by now although it was not when it was computed.
  bool may_settle(const model::SnapshotRef& ref) const {
    const auto* as_of = std::get_if<model::AsOf>(&ref);
    return as_of != nullptr && end_of(as_of->day) <= clock_->now();
  }

  /// Where a repository shows one's own sources only; absent when the database is to be asked.
  Result<std::optional<Resolved>> resolve_own(const Context& ctx, const Known& known,
                                              const model::SnapshotRef& ref) {
    if (std::holds_alternative<model::Pinned>(ref)) return std::nullopt;
    Resolved resolved;
    resolved.settled = is_over(ref, clock_->now());
    if (known.configuration != kept_.exchange(known.configuration))
      own_.keep([&](model::SourceId id) { return known.sources->contains(id); });
    for (const auto source : known.repository->sources) {
      const auto type = known.sources->find(source);
      if (type == known.sources->end() || !is_own(type->second)) return std::nullopt;
      const auto at = TRY(own_.resolve(ctx, source, ref));
      if (at.value == 0) continue;
      resolved.pins.push_back({.source = source, .type = type->second, .at = at});
    }
    const auto* number = std::get_if<model::TxNo>(&ref);
    if (number != nullptr && !own_.reached(*number)) return std::nullopt;
    return resolved;
  }

  /// Own names are in memory; so are the trees of mirrors.
  Result<Snapshot> look_again(const Context& ctx, const Known& known) {
    for (const auto source : known.repository->sources) {
      const auto type = known.sources->find(source);
      if (type != known.sources->end() && is_own(type->second)) TRY(own_.look(ctx, source));
    }
    return compute(ctx, known, model::Latest{});
  }

  Result<Snapshot> compute(const Context& ctx, const Known& known, const model::SnapshotRef& ref) {
    Snapshot snapshot;
    snapshot.repository = known.repository;
    // Counted before reading: what changes while we read makes the answer stale, never wrong for long.
    const Freshness any_change = Freshness::observe(known.generation);
    const Freshness configuration{directory_.configuration(), known.configuration};
    auto from_memory = TRY(resolve_own(ctx, known, ref));
    Resolved resolved;
    if (from_memory)
      resolved = *std::move(from_memory);
    else
      TRY(catalog_->read(ctx, [&](ReadView& view) -> Result<> {
        resolved = TRY(resolve_pins(view, *known.repository, ref, clock_->now()));
        return {};
      }));
    snapshot.pins = std::move(resolved.pins);
    snapshot.latest = std::holds_alternative<model::Latest>(ref);
    snapshot.settled = resolved.settled;
    // What is learned about upstream's past may still move a day of a mirror.
    const bool may_move = std::any_of(snapshot.pins.begin(), snapshot.pins.end(), [](const model::Pin& pin) {
      return model::is_mirror(pin.type) && !pin.exact;
    });
    snapshot.fresh = snapshot.settled && !may_move ? configuration : any_change;
    // The repository may have changed since the directory was asked: then this answer is good for this
    // request only.
    if (!configuration.holds()) snapshot.fresh = configuration;
    snapshot.fingerprint = fingerprint_of(snapshot);
    return snapshot;
  }

  /// What each of one's own pins shows of the package: its last change there. After the first that has it
  /// nobody is asked.
  Result<std::vector<model::Pin>> owner(const Context& ctx, const Snapshot& snapshot,
                                        std::string_view package) {
    std::vector<model::Pin> pins;
    for (auto pin : snapshot.pins) {
      const bool own = is_own(pin.type);
      if (own) pin.at = TRY(own_.last_change(ctx, pin.source, pin.at, package));
      if (own && pin.at.value == 0) continue;
      pins.push_back(pin);
      if (own) break;
    }
    return pins;
  }

  std::shared_ptr<catalog::Catalog> catalog_;
  std::shared_ptr<const Clock> clock_;
  Directory directory_;
  OwnSources own_;
  RTrees r_trees_;
  MergedFiles merged_;
  std::shared_ptr<catalog::OnDemand> on_demand_;
  Projects projects_;
  std::atomic<std::uint64_t> kept_ = 0;  // the state of the configuration whose sources own_ has
  std::mutex mutex_;
  Lru<Snapshot> snapshots_;
  KeptNames names_;
  /// What was asked for, so that all event loops give it, also while the database is gone.
  MadeOnce<FoundFile> files_;
  MadeOnce<Rendered> bodies_;
  const std::shared_ptr<RenderStore> render_store_;
  std::jthread ticking_;  // last: it ends before the rest does
};

}  // namespace

std::shared_ptr<Views> make_views(std::shared_ptr<catalog::Catalog> catalog, db::Database& database,
                                  std::shared_ptr<const Clock> clock, std::size_t cache_bytes,
                                  std::shared_ptr<catalog::OnDemand> on_demand,
                                  std::shared_ptr<RenderStore> render_store) {
  const bool fetching = on_demand != nullptr;
  auto views = std::make_shared<CatalogViews>(std::move(catalog), std::move(clock), cache_bytes,
                                              std::move(on_demand), std::move(render_store));
  database.on_change([weak = std::weak_ptr(views)](std::span<const std::int64_t> topics) {
    if (const auto alive = weak.lock()) alive->heard(topics);
  });
  if (fetching) views->look_again_every(kLookAgain);
  return views;
}

}  // namespace granary::view
