#pragma once
/// The held files that were asked for last, for while the database is away.

#include <cstddef>
#include <mutex>
#include <optional>
#include <string>
#include <unordered_map>
#include <utility>

#include "catalog/mirror.h"

namespace granary::mirror {

/// Keeps between `most` and twice as many: what was not asked for while `most` others were goes. Safe for
/// concurrent use.
class HeldMemory {
 public:
  explicit HeldMemory(std::size_t most = 20'000) : most_(most) {}

  void note(model::SourceId source, const catalog::HeldFile& file) {
    const std::lock_guard lock(mutex_);
    keep(name(source, file.key), file);
  }
  std::optional<catalog::HeldFile> find(model::SourceId source, const std::string& key) {
    const std::lock_guard lock(mutex_);
    const auto wanted = name(source, key);
    for (const auto* files : {&young_, &old_})
      if (const auto at = files->find(wanted); at != files->end()) {
        auto file = at->second;
        keep(wanted, file);
        return file;
      }
    return std::nullopt;
  }
  void forget(model::SourceId source, const std::string& key) {
    const std::lock_guard lock(mutex_);
    young_.erase(name(source, key));
    old_.erase(name(source, key));
  }

 private:
  using Files = std::unordered_map<std::string, catalog::HeldFile>;

  static std::string name(model::SourceId source, const std::string& key) {
    return std::to_string(source.value) + '/' + key;
  }
  void keep(std::string name, catalog::HeldFile file) {
    young_.insert_or_assign(std::move(name), std::move(file));
    if (young_.size() <= most_) return;
    old_ = std::move(young_);
    young_ = Files();
  }

  const std::size_t most_;
  std::mutex mutex_;
  Files young_, old_;
};

}  // namespace granary::mirror
