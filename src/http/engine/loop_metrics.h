#pragma once
/// Counts of one loop, added to the shared counters ten times a second so that no request touches a line that
/// other cores write.

#include <array>
#include <atomic>
#include <cstdint>
#include <memory>
#include <vector>

#include "base/metrics.h"
#include "http/message.h"

namespace granary::http {

/// Of all loops. Outlives the server when a scrape holds it.
struct RequestCount {
  std::atomic<std::int64_t> count{0};
};

class LoopMetrics {
 public:
  explicit LoopMetrics(Metrics& metrics);

  /// `method` absent: the request could not be parsed.
  void answered(int status, const Method* method, std::uint64_t bytes);
  void hot_hit() noexcept {
    ++hits_;
    dirty_ = true;
  }
  void hot_miss() noexcept {
    ++misses_;
    dirty_ = true;
  }
  bool dirty() const noexcept { return dirty_; }
  void flush();

 private:
  struct Series {
    std::uint64_t requests = 0, bytes = 0;
    Counter* requests_total = nullptr;
    Counter* bytes_total = nullptr;
  };
  static constexpr std::size_t kMethods = 8, kStatuses = 600;

  Metrics& metrics_;
  std::vector<Series> series_;
  std::array<std::uint8_t, kMethods * kStatuses> index_{};  // 0: none yet
  std::uint64_t hits_ = 0, misses_ = 0;
  Counter &hits_total_, &misses_total_;
  bool dirty_ = false;
};

}  // namespace granary::http
