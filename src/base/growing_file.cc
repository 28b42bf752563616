#include "base/growing_file.h"

namespace granary {

GrowingFile::State GrowingFile::state() const {
  const std::lock_guard lock(mutex_);
  return state_;
}

Result<> GrowingFile::append(ByteSpan bytes) {
  TRY(write_all(fd_.get(), bytes));
  {
    const std::lock_guard lock(mutex_);
    state_.size += bytes.size();
  }
  wake_all();
  return {};
}

void GrowingFile::finish() {
  {
    const std::lock_guard lock(mutex_);
    state_.finished = true;
  }
  wake_all();
}

void GrowingFile::abandon(Error error) {
  {
    const std::lock_guard lock(mutex_);
    state_.error = std::move(error);
  }
  wake_all();
}

std::uint64_t GrowingFile::subscribe(std::function<void()> wake) {
  const std::lock_guard lock(mutex_);
  if (state_.finished || state_.error) wake();
  const auto id = next_id_++;
  wakers_.emplace(id, std::move(wake));
  return id;
}

void GrowingFile::unsubscribe(std::uint64_t id) {
  const std::lock_guard lock(mutex_);
  wakers_.erase(id);
}

void GrowingFile::wake_all() {
  const std::lock_guard lock(mutex_);
  for (const auto& [id, wake] : wakers_) wake();
}

Result<> HoldingBack::write(ByteSpan bytes) {
  if (bytes.empty()) return {};
  if (!held_.empty()) TRY(file_->append(as_bytes(held_)));
  held_ = as_text(bytes);
  received_ += bytes.size();
  return {};
}

Result<> HoldingBack::release() {
  TRY(file_->append(as_bytes(held_)));
  held_.clear();
  return {};
}

}  // namespace granary
