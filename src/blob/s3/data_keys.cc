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

Result<DataKey> DataKeys::generate(const Context& ctx, const Digest& digest) {
  auto made = TRY(kms_.generate(ctx, digest));
  keep({digest, made.encrypted}, made.key);
  return made;
}

Result<std::shared_ptr<const AeadKey>> DataKeys::find(const Context& ctx, const Digest& digest,
                                                      const Envelope& envelope) {
  if (auto key = hit({digest, envelope.encrypted_key})) return key;
  auto key = TRY(kms_.decrypt(ctx, digest, envelope));
  keep({digest, envelope.encrypted_key}, key);
  return key;
}

}  // namespace granary::blob::s3
