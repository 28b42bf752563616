#pragma once
/// Answers that a loop may give again without asking a worker. One per loop: no lock, no line shared between
/// cores.

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "http/engine/answer.h"

namespace granary::http {

/// What makes two requests the same. `listener` tells apart routers, and a local socket from the network.
struct HotKey {
  std::string_view target, accept, accept_encoding, authorization;
  std::uint32_t listener = 0;
};

/// Bounded by bytes; when full, what was not asked for since the hand last passed goes first (CLOCK).
class HotCache {
 public:
  explicit HotCache(std::size_t bytes);
  ~HotCache();
  HotCache(const HotCache&) = delete;
  HotCache& operator=(const HotCache&) = delete;

  /// Null when unknown or out of date. The pointer in the cache itself: valid until the next put().
  const std::shared_ptr<Answer>* find(const HotKey& key);
  void put(const HotKey& key, std::shared_ptr<Answer> answer);
  std::size_t bytes() const noexcept { return used_; }
  std::size_t size() const noexcept { return entries_.size(); }

 private:
  struct Entry;
  Entry** slot(const HotKey& key, std::uint64_t hash);
  Entry* look(const HotKey& key);
  void remove(Entry* entry);
  void make_room(std::size_t bytes);
  void grow();

  std::size_t limit_;
  std::size_t used_ = 0;
  std::size_t hand_ = 0;
  std::vector<Entry*> buckets_;
  std::vector<std::unique_ptr<Entry>> entries_;
};

}  // namespace granary::http
