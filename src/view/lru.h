#pragma once
/// A map that forgets what was not used for longest once its weight passes a bound.

#include <cstddef>
#include <list>
#include <string>
#include <unordered_map>
#include <utility>

namespace granary::view {

/// Values are cheap to copy. Not safe for concurrent use.
template <class Value>
class Lru {
 public:
  explicit Lru(std::size_t capacity) : capacity_(capacity) {}

  /// Null when absent; valid until the next call of put().
  const Value* find(const std::string& key) {
    const auto at = index_.find(key);
    if (at == index_.end()) return nullptr;
    entries_.splice(entries_.begin(), entries_, at->second);
    return &at->second->value;
  }

  /// Replaces. What weighs more than the whole capacity is not kept.
  void put(const std::string& key, Value value, std::size_t weight) {
    if (const auto at = index_.find(key); at != index_.end()) {
      weight_ -= at->second->weight;
      entries_.erase(at->second);
      index_.erase(at);
    }
    if (weight > capacity_) return;
    entries_.push_front({key, std::move(value), weight});
    index_.emplace(key, entries_.begin());
    weight_ += weight;
    while (weight_ > capacity_) {
      weight_ -= entries_.back().weight;
      index_.erase(entries_.back().key);
      entries_.pop_back();
    }
  }

  std::size_t weight() const noexcept { return weight_; }
  std::size_t size() const noexcept { return entries_.size(); }

 private:
  struct Entry {
    std::string key;
    Value value;
    std::size_t weight;
  };
  std::size_t capacity_;
  std::size_t weight_ = 0;
  std::list<Entry> entries_;  // most recently used first
  std::unordered_map<std::string, typename std::list<Entry>::iterator> index_;
};

}  // namespace granary::view
