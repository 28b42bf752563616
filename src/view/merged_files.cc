#include "view/merged_files.h"

#include <iterator>
#include <unordered_set>

#include "r/tree_name.h"

namespace granary::view {
namespace {

using catalog::ReadView;

bool has_package(const RTree& tree, const model::Pin& pin, std::string_view package) {
  const auto* held = tree.find(package);
  RPackageView shown;
  if (held == nullptr) return false;
  const auto loaded = shown.load(*held, pin.until);
  return loaded && *loaded;
}

/// Every version that a mirror shows of a package; empty when it had none.
Result<std::vector<model::FileRecord>> mirrored_files(const RTree& tree, const model::Pin& pin,
                                                      std::string_view name, std::string_view package) {
  const auto* held = tree.find(package);
  RPackageView shown;
  if (held == nullptr || !TRY(shown.load(*held, pin.until))) return std::vector<model::FileRecord>();
  return file_records(pin.source, name, shown);
}

bool is_among_sources(const Trees& trees, std::size_t i, const model::Pin& pin, std::string_view package) {
  return i < trees.sources.size() && trees.sources[i] && has_package(*trees.sources[i], pin, package);
}

}  // namespace

Result<std::vector<model::FileRecord>> MergedFiles::files(const Context& ctx, const Snapshot& snapshot,
                                                          std::string_view package) {
  std::vector<model::FileRecord> found;
  const auto trees = TRY(trees_of(ctx, snapshot));
  TRY(catalog_->read(ctx, [&](ReadView& view) -> Result<> {
    for (std::size_t i = 0; i < snapshot.pins.size(); ++i) {
      const auto& pin = snapshot.pins[i];
      found = trees.shown[i] ? TRY(mirrored_files(*trees.shown[i], pin, snapshot.tree, package))
                             : TRY(view.files(pin.source, pin.at, package));
      const bool owned = !found.empty() || is_among_sources(trees, i, pin, package);
      if (!trees.shown[i] && snapshot.tree != r::kSourceTree) found.clear();  // it has sources only
      if (owned) break;
    }
    return {};
  }));
  return found;
}

Result<std::optional<model::FileRecord>> MergedFiles::find_file(const Context& ctx, const Snapshot& snapshot,
                                                                std::string_view package,
                                                                std::string_view filename) {
  std::optional<model::FileRecord> found;
  const auto trees = TRY(trees_of(ctx, snapshot));
  TRY(catalog_->read(ctx, [&](ReadView& view) -> Result<> {
    found.reset();
    for (std::size_t i = 0; i < snapshot.pins.size(); ++i) {
      const auto& pin = snapshot.pins[i];
      if (trees.shown[i]) {
        auto files = TRY(mirrored_files(*trees.shown[i], pin, snapshot.tree, package));
        for (auto& file : files) {  // of two of a name, in folders of their own, the one in none
          if (file.filename == filename && (!found || file.folder.empty())) found = std::move(file);
        }
        if (!files.empty() || is_among_sources(trees, i, pin, package)) return {};
        continue;
      }
      if (snapshot.pins.size() > 1 && !TRY(view.has_package(pin.source, pin.at, package))) continue;
      found = TRY(view.find_file(pin.source, pin.at, filename));
      if (found && (found->package != package || snapshot.tree != r::kSourceTree)) found.reset();
      return {};
    }
    return {};
  }));
  return found;
}

/// Source by source in order of subscription, each sorted by package.
Result<> MergedFiles::for_each_package(const Context& ctx, const Snapshot& snapshot,
                                       const std::function<Result<>(const model::FileRecord&)>& own,
                                       const EachMirrored& mirrored) {
  if (snapshot.pins.empty()) return {};
  const auto trees = TRY(trees_of(ctx, snapshot));
  return catalog_->read(ctx, [&](ReadView& view) -> Result<> {
    std::unordered_set<std::string> given;  // packages of the sources before
    for (std::size_t i = 0; i < snapshot.pins.size(); ++i) {
      const auto& pin = snapshot.pins[i];
      const bool last = i + 1 == snapshot.pins.size();
      std::vector<std::string> names;
      if (trees.shown[i]) {
        RPackageView shown;
        for (const auto& package : trees.shown[i]->packages) {
          if (!given.empty() && given.contains(std::string(package.name))) continue;
          if (!TRY(shown.load(package, pin.until))) continue;
          if (!last) names.emplace_back(package.name);
          TRY(mirrored(shown, pin));
        }
        TRY(ctx.check());
      } else {
        const bool shows = snapshot.tree == r::kSourceTree;  // else it is only asked for its names
        TRY(view.for_each_file(pin.source, pin.at, [&](const model::FileRecord& file) -> Result<> {
          if (given.contains(file.package)) return {};
          if (names.empty() || names.back() != file.package) {
            names.push_back(file.package);
            TRY(ctx.check());
          }
          return shows ? own(file) : Result<>();
        }));
      }
      if (i < trees.sources.size() && trees.sources[i] && !last) {
        RPackageView shown;
        for (const auto& package : trees.sources[i]->packages)
          if (TRY(shown.load(package, pin.until))) names.emplace_back(package.name);
      }
      if (!last) given.insert(std::make_move_iterator(names.begin()), std::make_move_iterator(names.end()));
    }
    return {};
  });
}

Result<Trees> MergedFiles::trees_of(const Context& ctx, const Snapshot& snapshot) {
  const auto sources = r::source_tree_of(snapshot.tree);
  const bool apart = sources != snapshot.tree && snapshot.pins.size() > 1;
  Trees trees;
  for (const auto& pin : snapshot.pins) {
    const bool shows = shows_trees(pin);
    trees.shown.push_back(shows ? TRY(trees_->get(ctx, pin, snapshot.tree)) : nullptr);
    if (apart) trees.sources.push_back(shows ? TRY(trees_->get(ctx, pin, sources)) : nullptr);
  }
  return trees;
}

}  // namespace granary::view
