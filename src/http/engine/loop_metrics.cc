#include "http/engine/loop_metrics.h"

#include <utility>

namespace granary::http {

LoopMetrics::LoopMetrics(Metrics& metrics)
    : metrics_(metrics),
      hits_total_(
          metrics.counter("granary_http_hot_hits_total", "Requests answered on an event loop from memory")),
      misses_total_(metrics.counter("granary_http_hot_misses_total", "Requests that needed a worker")) {}

void LoopMetrics::answered(int status, const Method* method, std::uint64_t bytes) {
  const std::size_t row = method ? static_cast<std::size_t>(*method) : kMethods - 1;
  if (status < 0 || status >= static_cast<int>(kStatuses)) status = 0;
  auto& at = index_[row * kStatuses + static_cast<std::size_t>(status)];
  if (at == 0) {
    if (series_.size() == 255) return;
    const Labels labels{{"code", std::to_string(status)},
                        {"method", method ? std::string(name_of(*method)) : "invalid"}};
    Series fresh;
    fresh.requests_total = &metrics_.counter("ppm_http_requests_total", "Requests answered", labels);
    fresh.bytes_total =
        &metrics_.counter("ppm_http_response_size_bytes_total", "Bytes of answers' bodies", labels);
    series_.push_back(fresh);
    at = static_cast<std::uint8_t>(series_.size());
  }
  auto& series = series_[at - 1U];
  ++series.requests;
  series.bytes += bytes;
  dirty_ = true;
}

void LoopMetrics::flush() {
  if (!std::exchange(dirty_, false)) return;
  for (auto& series : series_) {
    if (series.requests == 0) continue;
    series.requests_total->add(std::exchange(series.requests, 0));
    series.bytes_total->add(std::exchange(series.bytes, 0));
  }
  if (hits_ != 0) hits_total_.add(std::exchange(hits_, 0));
  if (misses_ != 0) misses_total_.add(std::exchange(misses_, 0));
}

}  // namespace granary::http
