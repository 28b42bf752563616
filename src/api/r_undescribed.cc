#include "api/r_undescribed.h"

#include <algorithm>

#include "base/log.h"

namespace granary::api {
namespace {

/// Far more than bodies that are kept.
constexpr std::size_t kIndexes = 10'000;

}  // namespace

void Undescribed::add(const model::Pin& pin, std::string_view package, std::string_view version) {
  if (sources.empty() || sources.back().pin.source != pin.source) sources.push_back({pin, 0, {}});
  auto& last = sources.back();
  if (++last.count <= kFew) last.first.push_back({std::string(package), std::string(version)});
}

std::size_t Undescribed::count() const noexcept {
  std::size_t all = 0;
  for (const auto& one : sources) all += one.count;
  return all;
}

void UndescribedIndexes::put(const std::string& fingerprint, Undescribed what) {
  const std::lock_guard lock(mutex_);
  if (what.sources.empty()) {
    lacking_.erase(fingerprint);
    return;
  }
  if (lacking_.size() >= kIndexes) lacking_.clear();
  lacking_.insert_or_assign(fingerprint, std::move(what));
}

Undescribed UndescribedIndexes::of(const std::string& fingerprint) const {
  const std::lock_guard lock(mutex_);
  const auto found = lacking_.find(fingerprint);
  return found == lacking_.end() ? Undescribed{} : found->second;
}

bool want_described(const Context& ctx, mirror::Mirrors& mirrors, const Undescribed& what) {
  bool more = false;
  for (const auto& one : what.sources) {
    if (one.pin.exact) continue;
    const bool few = one.count <= Undescribed::kFew;
    const auto learned = mirrors.want_described(
        ctx, one.pin.source, few ? one.first : std::vector<catalog::OnDemand::Version>(), one.pin.until);
    if (learned) {
      more = more || *learned;
    } else {
      ctx.log().failed("failed to read what old versions need", learned.error());
    }
  }
  return more;
}

}  // namespace granary::api
