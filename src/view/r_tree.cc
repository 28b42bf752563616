#include "view/r_tree.h"

#include <algorithm>

#include "r/names.h"
#include "r/tree_name.h"

namespace granary::view {
namespace {

/// CRAN gives binaries no hash, and builds them again under the same name.
std::string_view built(std::string_view stanza) {
  constexpr std::string_view kField = "Built: ";
  const auto at = stanza.starts_with(kField) ? 0 : stanza.find("\nBuilt: ");
  if (at == std::string_view::npos) return {};
  const auto line = stanza.substr(stanza.find(kField, at));
  return line.substr(0, line.find('\n'));
}

}  // namespace

const RTree::Package* RTree::find(std::string_view name) const noexcept {
  const auto at = std::lower_bound(packages.begin(), packages.end(), name,
                                   [](const Package& one, std::string_view key) { return one.name < key; });
  return at != packages.end() && at->name == name ? &*at : nullptr;
}

Result<bool> RPackageView::load(const RTree::Package& package, std::optional<Time> until) {
  TRY(r::decode_history(*package.record, history_));
  r::current_on(history_, until, current_);
  until_ = until;
  archived_known_ = false;
  return !history_.versions.empty() && (!until || history_.versions.front().published < *until);
}

const std::vector<std::size_t>& RPackageView::archived() {
  if (archived_known_) return archived_;
  archived_known_ = true;
  archived_.clear();
  const auto& versions = history_.versions;
  const auto same_file = [&](std::size_t a, std::size_t b) {
    return versions[a].version == versions[b].version && versions[a].folder == versions[b].folder &&
           versions[a].file_name == versions[b].file_name;
  };
  for (std::size_t i = 0; i < versions.size() && (!until_ || versions[i].published < *until_); ++i) {
    if (std::find(current_.begin(), current_.end(), i) != current_.end()) continue;
    // A file that was replaced under its name is shown once: the newest that was there.
    const auto shown_later = [&](std::size_t other) { return other > i && same_file(other, i); };
    bool replaced = std::any_of(current_.begin(), current_.end(), shown_later);
    for (std::size_t j = i + 1;
         !replaced && j < versions.size() && (!until_ || versions[j].published < *until_); ++j)
      replaced = same_file(i, j);
    if (!replaced) archived_.push_back(i);
  }
  return archived_;
}

std::string file_name_of(const r::HistoryView& history, std::size_t version) {
  const auto& one = history.versions[version];
  return one.file_name.empty() ? r::source_file_name(history.package, one.version)
                               : std::string(one.file_name);
}

model::FileRecord file_record(model::SourceId source, std::string_view tree, const r::HistoryView& history,
                              std::size_t version, bool archived) {
  const auto& one = history.versions[version];
  model::FileRecord file;
  file.id = {static_cast<std::int64_t>(version) + 1};
  file.source = source;
  file.package = file.name = history.package;
  file.version = one.version;
  file.filename = file_name_of(history, version);
  file.size = one.size;
  file.md5 = one.md5;
  file.uploaded_at = one.published;
  file.metadata = one.stanza;
  file.archived = archived;
  file.folder = one.folder;

  const std::string root = std::string(tree) + '/';
  const std::string path = (one.folder.empty() ? "" : std::string(one.folder) + '/') + file.filename;
  model::Origin origin;
  origin.key = root + path + '@' + std::string(one.md5.empty() ? built(one.stanza) : one.md5);
  origin.urls = {root + path};
  const auto moved = root + "Archive/" + std::string(history.package) + '/' + file.filename;
  origin.urls.insert(archived ? origin.urls.begin() : origin.urls.end(), moved);
  file.origin = std::move(origin);
  return file;
}

std::vector<model::FileRecord> file_records(model::SourceId source, std::string_view tree,
                                            RPackageView& package) {
  std::vector<model::FileRecord> files;
  for (const auto i : package.archived())
    files.push_back(file_record(source, tree, package.history(), i, true));
  for (const auto i : package.current())
    files.push_back(file_record(source, tree, package.history(), i, false));
  return files;
}

}  // namespace granary::view
