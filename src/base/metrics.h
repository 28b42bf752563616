#pragma once
/// Prometheus metrics: registered once by name, counted without locks, rendered as text (exposition format
/// 0.0.4).

#include <atomic>
#include <cstdint>
#include <functional>
#include <list>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace granary {

using Labels = std::vector<std::pair<std::string, std::string>>;

class Counter {
 public:
  void add(std::uint64_t n = 1) noexcept { value_.fetch_add(n, std::memory_order_relaxed); }
  std::uint64_t value() const noexcept { return value_.load(std::memory_order_relaxed); }

 private:
  alignas(64) std::atomic<std::uint64_t> value_{0};
};

/// Cumulative buckets at fixed bounds, in seconds.
class Histogram {
 public:
  explicit Histogram(std::vector<double> bounds);
  void observe(double seconds) noexcept;
  void render(std::string& out, std::string_view name, const Labels& labels) const;

 private:
  std::vector<double> bounds_;
  std::vector<std::atomic<std::uint64_t>> buckets_;  // one more than bounds: +Inf
  std::atomic<std::uint64_t> count_{0};
  std::atomic<double> sum_{0};
};

/// Owns all metrics; references stay valid as long as it lives. Safe for concurrent use.
class Metrics {
 public:
  /// The same name and labels give the same counter.
  Counter& counter(std::string name, std::string help, Labels labels = {});
  Histogram& histogram(std::string name, std::string help, std::vector<double> bounds, Labels labels = {});
  /// Read when scraped.
  void gauge(std::string name, std::string help, Labels labels, std::function<double()> read);
  std::string render() const;

 private:
  struct Series {
    Labels labels;
    Counter counter;
    std::unique_ptr<Histogram> histogram;
    std::function<double()> gauge;
  };
  struct Family {
    std::string name, help;
    const char* type;
    std::list<Series> series;
  };
  Family& family(std::string name, std::string help, const char* type);
  mutable std::mutex mutex_;
  std::list<Family> families_;
};

}  // namespace granary
