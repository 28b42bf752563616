#pragma once
/// A turn at a job without a queue and a runner.

#include <mutex>
#include <string>
#include <utility>

#include "jobs/handler.h"

namespace granary::jobs::testing {

/// Remembers the last of what the handler reported. Safe for concurrent use.
class FakeTurn final : public Turn {
 public:
  explicit FakeTurn(Job job) : job_(std::move(job)) {}
  explicit FakeTurn(JobSpec spec) { job_.spec = std::move(spec); }

  const Job& job() const noexcept override { return job_; }
  void progress(std::int64_t done, std::int64_t total, std::string message) override {
    const std::lock_guard lock(mutex_);
    progress_ = {done, total, std::move(message)};
  }
  void result(std::string json) override {
    const std::lock_guard lock(mutex_);
    result_ = std::move(json);
  }
  void unable() override {
    const std::lock_guard lock(mutex_);
    unable_ = true;
  }

  Progress last() const {
    const std::lock_guard lock(mutex_);
    return progress_;
  }
  /// Empty when there was none.
  std::string left() const {
    const std::lock_guard lock(mutex_);
    return result_;
  }
  bool is_unable() const {
    const std::lock_guard lock(mutex_);
    return unable_;
  }

 private:
  Job job_;
  mutable std::mutex mutex_;
  Progress progress_;
  std::string result_;
  bool unable_ = false;
};

}  // namespace granary::jobs::testing
