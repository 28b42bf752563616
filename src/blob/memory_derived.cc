#include "blob/memory_derived.h"

#include <vector>

#include "blob/spool.h"

namespace granary::blob {

Result<> MemoryDerived::enter(const Context& ctx) const {
  ++calls_;
  if (down_) return fail(Errc::unavailable, "the store was told to be away");
  return ctx.check();
}

Result<bool> MemoryDerived::has(const Context& ctx, const Digest& name) {
  const std::lock_guard lock(mutex_);
  TRY(enter(ctx));
  return kept_.contains(name);
}

Result<std::string> MemoryDerived::get(const Context& ctx, const Digest& name, std::uint64_t limit) {
  const std::lock_guard lock(mutex_);
  TRY(enter(ctx));
  const auto found = kept_.find(name);
  if (found == kept_.end()) return no_such_blob(name);
  if (found->second.first.size() > limit) return too_much(name);
  return found->second.first;
}

Result<> MemoryDerived::put(const Context& ctx, const Digest& name, const std::string& bytes) {
  const std::lock_guard lock(mutex_);
  TRY(enter(ctx));
  kept_[name] = {bytes, clock_ != nullptr ? clock_->now() : SystemClock().now()};
  return {};
}

Result<> MemoryDerived::remove(const Context& ctx, const Digest& name) {
  const std::lock_guard lock(mutex_);
  TRY(enter(ctx));
  kept_.erase(name);
  return {};
}

Result<> MemoryDerived::for_each(const Context& ctx,
                                 const std::function<Result<>(const DerivedInfo&)>& each) {
  std::vector<DerivedInfo> all;
  {
    const std::lock_guard lock(mutex_);
    TRY(enter(ctx));
    for (const auto& [name, one] : kept_) all.push_back({name, one.first.size(), one.second});
  }
  for (const auto& one : all) TRY(each(one));
  return {};
}

std::map<Digest, std::string> MemoryDerived::all() const {
  const std::lock_guard lock(mutex_);
  std::map<Digest, std::string> out;
  for (const auto& [name, one] : kept_) out.emplace(name, one.first);
  return out;
}

int MemoryDerived::calls() const {
  const std::lock_guard lock(mutex_);
  return calls_;
}

}  // namespace granary::blob
