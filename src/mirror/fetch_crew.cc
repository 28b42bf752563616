#include "mirror/fetch_crew.h"

#include "base/disk_full.h"

namespace granary::mirror {
namespace {

constexpr std::size_t kThreads = 8;  // as many as the upstream's pace lets ask at once
constexpr std::size_t kMostWaiting = 64;
/// So many failures in a row are not those of single files: upstream is away.
constexpr int kTooMany = 20;

}  // namespace

FetchCrew::FetchCrew(const Context& ctx, const KeepFile& keep, std::function<void(const Fetched&)> told)
    : ctx_(&ctx), keep_(&keep), told_(std::move(told)) {
  for (std::size_t i = 0; i < kThreads; ++i) threads_.emplace_back([this] { work(); });
}

FetchCrew::~FetchCrew() {
  const std::lock_guard lock(mutex_);
  waiting_.clear();
  no_more_ = true;
  changed_.notify_all();
}

Result<> FetchCrew::add(const model::FileRecord& file) {
  auto slim = file;
  slim.metadata.clear();
  std::unique_lock lock(mutex_);
  changed_.wait(lock, ctx_->stop(), [&] { return stopped_ || waiting_.size() < kMostWaiting; });
  if (stopped_) return tl::unexpected(*stopped_);
  TRY(ctx_->check());
  waiting_.push_back(std::move(slim));
  changed_.notify_all();
  return {};
}

Result<> FetchCrew::finish(Fetched& out) {
  {
    const std::lock_guard lock(mutex_);
    no_more_ = true;
    changed_.notify_all();
  }
  threads_.clear();
  out = std::move(done_);
  if (stopped_) return tl::unexpected(*stopped_);
  return ctx_->check();
}

void FetchCrew::work() {
  for (;;) {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, ctx_->stop(), [&] { return stopped_ || no_more_ || !waiting_.empty(); });
    if (stopped_ || waiting_.empty() || !ctx_->check()) return;
    const auto file = std::move(waiting_.front());
    waiting_.pop_front();
    changed_.notify_all();
    lock.unlock();
    const auto kept = (*keep_)(*ctx_, file);
    lock.lock();
    note(file, kept);
    if (!stopped_) told_(done_);
  }
}

/// Under the lock.
void FetchCrew::note(const model::FileRecord& file, const Result<std::optional<std::uint64_t>>& kept) {
  if (kept) {
    failures_ = 0;
    *kept ? ++done_.fetched : ++done_.held;
    done_.bytes += kept->value_or(0);
    return;
  }
  const auto& error = kept.error();
  const auto code = error.code();
  if (code == Errc::cancelled || (code == Errc::deadline_exceeded && !ctx_->check()))
    return;  // finish() says it
  ++done_.failed;
  if (done_.problems.size() < kMostProblems) done_.problems.push_back(file.filename + ": " + error.message());
  ctx_->log().warn("a file cannot be fetched", {{"file", file.filename}, {"why", error.message()}});
  failures_ = code == Errc::not_found ? 0 : failures_ + 1;
  if (says_disk_full(error)) {
    stopped_ = error;
  } else if (failures_ >= kTooMany) {
    stopped_ = fail(Errc::unavailable, "too many files in a row could not be fetched: " + error.message(),
                    "what was fetched is held; it goes on where it stopped")
                   .value();
  }
  if (stopped_) changed_.notify_all();
}

}  // namespace granary::mirror
