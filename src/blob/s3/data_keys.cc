#include "blob/s3/data_keys.h"

namespace granary::blob::s3 {

DataKeys::Key DataKeys::hit(const Name& name) {
  const std::lock_guard lock(mutex_);
  const auto found = keys_.find(name);
  if (found == keys_.end()) return nullptr;
  recent_.splice(recent_.begin(), recent_, found->second);
  return found->second->second;
}

void DataKeys::keep(Name name, Key key) {
  const std::lock_guard lock(mutex_);
  if (keys_.contains(name)) return;
  recent_.emplace_front(name, std::move(key));
  keys_.emplace(std::move(name), recent_.begin());
  if (recent_.size() <= limit_) return;
  keys_.erase(recent_.back().first);
  recent_.pop_back();
}

Result<std::unique_lock<std::timed_mutex>> DataKeys::one_at_a_time(const Context& ctx) {
  std::unique_lock lock(asking_, std::defer_lock);
  // In slices, for the sake of the context's stop and of deadlines at the end of time.
  while (!lock.try_lock_for(std::chrono::milliseconds(200))) TRY(ctx.check());
  return lock;
}

Result<DataKey> DataKeys::next(const Context& ctx) {
  const auto turn = TRY(one_at_a_time(ctx));
  if (!current_ || objects_left_ <= 0 || Context::Clock::now() >= current_until_) {
    current_.reset();
    current_ = TRY(kms_.generate(ctx));
    objects_left_ = kObjectsPerKey;
    current_until_ = Context::Clock::now() + life_;
    keep({Digest{}, current_->encrypted}, current_->key);
  }
  --objects_left_;
  return *current_;
}

Result<DataKey> DataKeys::of_its_own(const Context& ctx, const Digest& digest) {
  auto key = TRY(kms_.generate(ctx, &digest));
  keep({digest, key.encrypted}, key.key);
  return key;
}

Result<std::shared_ptr<const KeyMaterial>> DataKeys::find(const Context& ctx, const Digest& digest,
                                                          const Envelope& envelope) {
  const bool shared = !envelope.salt.empty();
  const Name name{shared ? Digest{} : digest, envelope.encrypted_key};
  if (auto key = hit(name)) return key;
  std::unique_lock<std::timed_mutex> turn;
  if (shared) {
    turn = TRY(one_at_a_time(ctx));
    if (auto key = hit(name)) return key;
  }
  auto key = TRY(kms_.decrypt(ctx, digest, envelope));
  keep(name, key);
  return key;
}

}  // namespace granary::blob::s3
