#include "http/engine/hot_cache.h"

#include <cstring>

namespace granary::http {
namespace {

std::uint64_t mix(std::uint64_t a, std::uint64_t b) noexcept {
  __extension__ using Wide = unsigned __int128;
  const Wide product = static_cast<Wide>(a) * b;
  return static_cast<std::uint64_t>(product) ^ static_cast<std::uint64_t>(product >> 64);
}

std::uint64_t hash_text(std::uint64_t seed, std::string_view text) noexcept {
  std::uint64_t h = seed ^ mix(text.size() + 0x9E3779B97F4A7C15ULL, 0xD6E8FEB86659FD93ULL);
  const char* p = text.data();
  std::size_t left = text.size();
  for (; left >= 8; left -= 8, p += 8) {
    std::uint64_t word;
    std::memcpy(&word, p, 8);
    h = mix(h ^ word, 0xA0761D6478BD642FULL);
  }
  if (left != 0) {
    std::uint64_t word = 0;
    std::memcpy(&word, p, left);
    h = mix(h ^ word, 0xE7037ED1A0B428DBULL);
  }
  return h;
}

std::uint64_t hash_key(const HotKey& key) noexcept {
  std::uint64_t h = hash_text(key.listener, key.target);
  h = hash_text(h, key.accept);
  h = hash_text(h, key.accept_encoding);
  return key.authorization.empty() ? h : hash_text(h, key.authorization);
}

}  // namespace

struct HotCache::Entry {
  std::uint64_t hash;
  Entry* next;
  std::shared_ptr<Answer> answer;
  std::uint32_t listener;
  bool used;
  std::string target, accept, accept_encoding, authorization;
  std::size_t cost;
  std::size_t index;  // in entries_

  bool is(const HotKey& key) const noexcept {
    return target == key.target && accept == key.accept && accept_encoding == key.accept_encoding &&
           authorization == key.authorization && listener == key.listener;
  }
};

HotCache::HotCache(std::size_t bytes) : limit_(bytes), buckets_(256) {}
HotCache::~HotCache() = default;

HotCache::Entry** HotCache::slot(const HotKey& key, std::uint64_t hash) {
  Entry** at = &buckets_[hash & (buckets_.size() - 1)];
  while (*at && !((*at)->hash == hash && (*at)->is(key))) at = &(*at)->next;
  return at;
}

HotCache::Entry* HotCache::look(const HotKey& key) {
  Entry* entry = *slot(key, hash_key(key));
  if (!entry) return nullptr;
  if (!entry->answer->hot()->fresh.holds()) {
    remove(entry);
    return nullptr;
  }
  return entry;
}

const std::shared_ptr<Answer>* HotCache::find(const HotKey& key) {
  HotKey anonymous = key;
  anonymous.authorization = {};
  Entry* entry = look(anonymous);
  if (!key.authorization.empty() && !(entry && entry->answer->hot()->for_everyone)) entry = look(key);
  if (!entry) return nullptr;
  if (!entry->used) entry->used = true;
  return &entry->answer;
}

void HotCache::put(const HotKey& asked, std::shared_ptr<Answer> answer) {
  if (!answer->hot() || !answer->hot()->fresh.holds()) return;
  HotKey key = asked;
  if (answer->hot()->for_everyone) key.authorization = {};
  const auto cost = answer->cost() + sizeof(Entry) + key.target.size() + key.accept.size() +
                    key.accept_encoding.size() + key.authorization.size();
  if (cost > limit_ / 2) return;
  const auto hash = hash_key(key);
  if (Entry* old = *slot(key, hash)) remove(old);
  make_room(cost);
  if (entries_.size() >= buckets_.size()) grow();
  auto entry = std::make_unique<Entry>();
  entry->hash = hash;
  entry->answer = std::move(answer);
  entry->listener = key.listener;
  entry->used = true;
  entry->target = key.target;
  entry->accept = key.accept;
  entry->accept_encoding = key.accept_encoding;
  entry->authorization = key.authorization;
  entry->cost = cost;
  entry->index = entries_.size();
  entry->next = std::exchange(buckets_[hash & (buckets_.size() - 1)], entry.get());
  used_ += cost;
  entries_.push_back(std::move(entry));
}

void HotCache::remove(Entry* entry) {
  Entry** at = &buckets_[entry->hash & (buckets_.size() - 1)];
  while (*at != entry) at = &(*at)->next;
  *at = entry->next;
  used_ -= entry->cost;
  const auto index = entry->index;
  if (index + 1 != entries_.size()) {
    entries_[index] = std::move(entries_.back());
    entries_[index]->index = index;
  }
  entries_.pop_back();
}

void HotCache::make_room(std::size_t bytes) {
  while (used_ + bytes > limit_ && !entries_.empty()) {
    if (hand_ >= entries_.size()) hand_ = 0;
    Entry* entry = entries_[hand_].get();
    if (entry->used && entry->answer->hot()->fresh.holds()) {
      entry->used = false;
      ++hand_;
    } else {
      remove(entry);
    }
  }
}

void HotCache::grow() {
  buckets_.assign(buckets_.size() * 2, nullptr);
  for (const auto& entry : entries_) {
    entry->next = std::exchange(buckets_[entry->hash & (buckets_.size() - 1)], entry.get());
  }
}

}  // namespace granary::http
