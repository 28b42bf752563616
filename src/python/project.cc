#include "python/project.h"

#include <algorithm>
#include <array>
#include <unordered_map>
#include <unordered_set>
#include <utility>

#include "python/version.h"

namespace granary::python {
namespace {

constexpr std::array<std::string_view, 4> kStatuses = {"active", "archived", "deprecated", "quarantined"};

/// Of one name, besides what is there now: an upstream that loses and finds a file all the time must not make
/// the record grow for ever.
constexpr std::size_t kMostSpansOfAFile = 8;

/// Says nothing else about the bytes: what one of them does not know cannot differ.
bool same_bytes(const UpstreamFile& a, const UpstreamFile& b) {
  if (a.sha256 && b.sha256) return *a.sha256 == *b.sha256;
  if (!a.md5.empty() && !b.md5.empty()) return a.md5 == b.md5;
  return !a.size || !b.size || *a.size == *b.size;
}

void keep_what_was_known(UpstreamFile& fresh, const UpstreamFile& old) {
  fresh.appeared = old.appeared;
  if (!fresh.sha256) fresh.sha256 = old.sha256;
  if (fresh.md5.empty()) fresh.md5 = old.md5;
  if (!fresh.size) fresh.size = old.size;
  if (!fresh.uploaded_at) fresh.uploaded_at = old.uploaded_at;
}

}  // namespace

std::string_view name_of(ProjectStatus status) noexcept {
  return kStatuses[static_cast<std::size_t>(status)];
}

ProjectStatus parse_project_status(std::string_view text) noexcept {
  const auto at = std::find(kStatuses.begin(), kStatuses.end(), text);
  return at == kStatuses.end() ? ProjectStatus::active
                               : static_cast<ProjectStatus>(std::distance(kStatuses.begin(), at));
}

void put_in_order(Project& project) {
  std::unordered_map<std::string_view, std::optional<Version>> versions;
  for (const auto& file : project.files)
    if (!versions.contains(file.version)) versions.emplace(file.version, Version::parse(file.version));
  struct Keyed {
    const std::optional<Version>* version;
    std::size_t index;
  };
  std::vector<Keyed> order;
  order.reserve(project.files.size());
  for (std::size_t i = 0; i < project.files.size(); ++i)
    order.push_back({&versions.find(project.files[i].version)->second, i});
  // What is not a version sorts first: it is older than the rule.
  std::stable_sort(order.begin(), order.end(), [&](const Keyed& a, const Keyed& b) {
    const auto &left = project.files[a.index], &right = project.files[b.index];
    if (a.version->has_value() != b.version->has_value()) return !a.version->has_value();
    if (a.version != b.version && *a.version) {
      if (const auto c = **a.version <=> **b.version; c != 0) return c < 0;
    } else if (!*a.version && left.version != right.version) {
      return left.version < right.version;
    }
    if (left.filename != right.filename) return left.filename < right.filename;
    return left.since() < right.since();
  });
  std::vector<UpstreamFile> sorted;
  sorted.reserve(order.size());
  std::unordered_set<std::string> visible;
  for (const auto& [version, index] : order) {
    auto& file = project.files[index];
    if (!file.gone && !visible.insert(file.filename).second) continue;
    sorted.push_back(std::move(file));
  }
  versions.clear();  // its keys point into the files
  project.files = std::move(sorted);
}

Project merge(const Project& old, Project fetched, Time now) {
  struct Past {
    const UpstreamFile* open = nullptr;
    std::vector<const UpstreamFile*> closed;
    bool listed = false;
  };
  std::unordered_map<std::string_view, Past> pasts;
  for (const auto& file : old.files) {
    auto& past = pasts[file.filename];
    if (file.gone) {
      past.closed.push_back(&file);
    } else {
      past.open = &file;
    }
  }

  std::vector<UpstreamFile> kept;
  const auto close = [&](const UpstreamFile& file) {
    auto copy = file;
    copy.gone = std::max(now, file.since());  // never before it came, whatever our clock did
    const Time gone = *copy.gone;
    kept.push_back(std::move(copy));
    return gone;
  };
  for (auto& file : fetched.files) {
    const auto at = pasts.find(file.filename);
    if (at == pasts.end()) {
      if (!file.uploaded_at) file.appeared = now;
      continue;
    }
    auto& past = at->second;
    past.listed = true;
    if (past.open != nullptr && same_bytes(*past.open, file)) {
      keep_what_was_known(file, *past.open);
      continue;
    }
    Time from = now;
    if (past.open != nullptr) from = close(*past.open);
    for (const auto* closed : past.closed) from = std::max(from, *closed->gone);
    file.appeared = from;
    if (past.closed.size() >= kMostSpansOfAFile) past.closed.erase(past.closed.begin());
  }
  for (const auto& [name, past] : pasts) {
    for (const auto* closed : past.closed) kept.push_back(*closed);
    if (past.open != nullptr && !past.listed) close(*past.open);
  }
  const auto room = kMostFilesKept - std::min(kMostFilesKept, fetched.files.size());
  if (kept.size() > room) {
    std::stable_sort(kept.begin(), kept.end(),
                     [](const UpstreamFile& a, const UpstreamFile& b) { return *a.gone > *b.gone; });
    kept.resize(room);
  }
  fetched.files.insert(fetched.files.end(), std::make_move_iterator(kept.begin()),
                       std::make_move_iterator(kept.end()));
  put_in_order(fetched);
  return fetched;
}

bool same_content(const Project& a, const Project& b) {
  return a.shown == b.shown && a.serial == b.serial && a.status == b.status &&
         a.status_reason == b.status_reason && a.files == b.files;
}

}  // namespace granary::python
