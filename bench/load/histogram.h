#pragma once
/// Latencies with three significant digits in fixed memory, as HdrHistogram keeps them: 256 steps in each
/// power of two of nanoseconds.

#include <algorithm>
#include <array>
#include <bit>
#include <cstdint>

namespace load {

class Histogram {
 public:
  void add(std::int64_t nanoseconds) {
    const auto value = static_cast<std::uint64_t>(std::max<std::int64_t>(nanoseconds, 0));
    ++counts_[index_of(value)];
    ++count_;
    most_ = std::max(most_, value);
  }
  std::uint64_t count() const { return count_; }
  double max_ms() const { return static_cast<double>(most_) / 1e6; }
  /// The value that the share `q` of all does not exceed; 0 when there are none.
  double quantile_ms(double q) const {
    const auto wanted = static_cast<std::uint64_t>(q * static_cast<double>(count_));
    std::uint64_t seen = 0;
    for (std::size_t i = 0; i < counts_.size(); ++i) {
      seen += counts_[i];
      if (seen > wanted || (seen == count_ && count_ > 0))
        return static_cast<double>(std::min(highest_of(i), most_)) / 1e6;
    }
    return 0;
  }

 private:
  static constexpr int kBits = 8;
  static constexpr std::size_t kSteps = 1U << kBits;

  static std::size_t index_of(std::uint64_t value) {
    const int shift = std::max(0, static_cast<int>(std::bit_width(value)) - kBits - 1);
    return static_cast<std::size_t>(shift) * kSteps + static_cast<std::size_t>(value >> shift);
  }
  static std::uint64_t highest_of(std::size_t index) {
    const std::size_t shift = index < 2 * kSteps ? 0 : index / kSteps - 1;
    return ((static_cast<std::uint64_t>(index - shift * kSteps) + 1) << shift) - 1;
  }

  std::array<std::uint64_t, kSteps * (64 - kBits + 1)> counts_{};
  std::uint64_t count_ = 0, most_ = 0;
};

}  // namespace load
