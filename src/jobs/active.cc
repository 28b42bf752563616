#include "jobs/active.h"

#include <algorithm>

namespace granary::jobs {
namespace {

std::string_view name_of_level(LogLevel level) noexcept {
  switch (level) {
    case LogLevel::warn:
      return "warn";
    case LogLevel::error:
      return "error";
    case LogLevel::debug:
    case LogLevel::info:
    case LogLevel::off:
      break;
  }
  return "info";
}

class JobLog final : public LogSink {
 public:
  JobLog(std::shared_ptr<LogSink> inner, std::shared_ptr<Active> active)
      : inner_(std::move(inner)), active_(std::move(active)) {}

  void set_level(LogLevel level) noexcept override {
    if (inner_) inner_->set_level(level);
  }
  LogLevel level() const noexcept override {
    return inner_ ? std::min(inner_->level(), LogLevel::info) : LogLevel::info;
  }
  void reopen() override {
    if (inner_) inner_->reopen();
  }
  void write(LogLevel level, std::string_view component, std::string_view message,
             const std::vector<std::pair<std::string, std::string>>& common,
             std::initializer_list<LogField> fields) override {
    if (inner_ && level >= inner_->level()) inner_->write(level, component, message, common, fields);
    if (level < LogLevel::info) return;
    std::string text(message);
    for (const auto& field : fields) {
      if (!field.value.empty()) ((text += ' ') += field.key) += "=" + field.value;
    }
    active_->line(level, std::move(text));
  }

 private:
  std::shared_ptr<LogSink> inner_;
  std::shared_ptr<Active> active_;
};

}  // namespace

void Active::progress(std::int64_t done, std::int64_t total, std::string message) {
  const std::lock_guard lock(mutex_);
  progress_ = Progress{done, total, std::move(message)};
}

void Active::result(std::string json) {
  const std::lock_guard lock(mutex_);
  if (json.size() <= kLongestResult) result_ = std::move(json);
}

void Active::line(LogLevel level, std::string text) {
  text.resize(std::min(text.size(), kLongestLogLine));
  const std::lock_guard lock(mutex_);
  lines_.push_back({0, clock_->now(), std::string(name_of_level(level)), std::move(text)});
  if (lines_.size() > static_cast<std::size_t>(kKeptLogLines)) lines_.pop_front();
}

Report Active::take_report() {
  const std::lock_guard lock(mutex_);
  Report report{std::exchange(progress_, std::nullopt), {}, std::exchange(result_, std::nullopt)};
  report.lines.assign(std::make_move_iterator(lines_.begin()), std::make_move_iterator(lines_.end()));
  lines_.clear();
  return report;
}

void Active::give_back(Report report) {
  const std::lock_guard lock(mutex_);
  if (!progress_) progress_ = std::move(report.progress);
  if (!result_) result_ = std::move(report.result);
  const auto room = static_cast<std::size_t>(kKeptLogLines) - lines_.size();
  const auto kept = std::min(room, report.lines.size());
  lines_.insert(lines_.begin(),
                std::make_move_iterator(report.lines.end() - static_cast<std::ptrdiff_t>(kept)),
                std::make_move_iterator(report.lines.end()));
}

bool Active::has_news() const {
  const std::lock_guard lock(mutex_);
  return progress_ || result_ || !lines_.empty();
}

void Active::stop(StopReason reason) {
  auto none = StopReason::none;
  reason_.compare_exchange_strong(none, reason);
  stop_.request_stop();
}

std::shared_ptr<LogSink> make_job_log(std::shared_ptr<LogSink> inner, std::shared_ptr<Active> active) {
  return std::make_shared<JobLog>(std::move(inner), std::move(active));
}

}  // namespace granary::jobs
