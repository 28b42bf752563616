#include "base/metrics.h"

#include <fmt/format.h>

#include <algorithm>
#include <memory>

#include "base/text.h"

namespace granary {
namespace {

std::string label_text(const Labels& labels, std::string_view extra = {}) {
  std::string out;
  for (const auto& [key, value] : labels) {
    const auto escaped =
        replace_all(replace_all(replace_all(value, "\\", "\\\\"), "\"", "\\\""), "\n", "\\n");
    out += fmt::format("{}{}=\"{}\"", out.empty() ? "" : ",", key, escaped);
  }
  if (!extra.empty()) out += fmt::format("{}{}", out.empty() ? "" : ",", extra);
  return out.empty() ? out : "{" + out + "}";
}

}  // namespace

Histogram::Histogram(std::vector<double> bounds) : bounds_(std::move(bounds)), buckets_(bounds_.size() + 1) {}

void Histogram::observe(double seconds) noexcept {
  const auto at = std::lower_bound(bounds_.begin(), bounds_.end(), seconds) - bounds_.begin();
  buckets_[static_cast<std::size_t>(at)].fetch_add(1, std::memory_order_relaxed);
  count_.fetch_add(1, std::memory_order_relaxed);
  sum_.fetch_add(seconds, std::memory_order_relaxed);
}

void Histogram::render(std::string& out, std::string_view name, const Labels& labels) const {
  std::uint64_t total = 0;
  for (std::size_t i = 0; i < buckets_.size(); ++i) {
    total += buckets_[i].load(std::memory_order_relaxed);
    const std::string bound = i < bounds_.size() ? fmt::format("{}", bounds_[i]) : "+Inf";
    out += fmt::format("{}_bucket{} {}\n", name, label_text(labels, fmt::format("le=\"{}\"", bound)), total);
  }
  out +=
      fmt::format("{0}_sum{1} {2}\n{0}_count{1} {3}\n", name, label_text(labels), sum_.load(), count_.load());
}

Metrics::Family& Metrics::family(std::string name, std::string help, const char* type) {
  for (auto& family : families_) {
    if (family.name == name) return family;
  }
  return families_.emplace_back(Family{std::move(name), std::move(help), type, {}});
}

Counter& Metrics::counter(std::string name, std::string help, Labels labels) {
  const std::lock_guard lock(mutex_);
  auto& f = family(std::move(name), std::move(help), "counter");
  for (auto& series : f.series) {
    if (series.labels == labels) return series.counter;
  }
  auto& series = f.series.emplace_back();
  series.labels = std::move(labels);
  return series.counter;
}

Histogram& Metrics::histogram(std::string name, std::string help, std::vector<double> bounds, Labels labels) {
  const std::lock_guard lock(mutex_);
  auto& f = family(std::move(name), std::move(help), "histogram");
  for (auto& series : f.series) {
    if (series.labels == labels) return *series.histogram;
  }
  auto& series = f.series.emplace_back();
  series.labels = std::move(labels);
  series.histogram = std::make_unique<Histogram>(std::move(bounds));
  return *series.histogram;
}

void Metrics::gauge(std::string name, std::string help, Labels labels, std::function<double()> read) {
  const std::lock_guard lock(mutex_);
  auto& series = family(std::move(name), std::move(help), "gauge").series.emplace_back();
  series.labels = std::move(labels);
  series.gauge = std::move(read);
}

std::string Metrics::render() const {
  const std::lock_guard lock(mutex_);
  std::string out;
  for (const auto& f : families_) {
    out += fmt::format("# HELP {} {}\n# TYPE {} {}\n", f.name, f.help, f.name, f.type);
    for (const auto& series : f.series) {
      if (series.histogram) {
        series.histogram->render(out, f.name, series.labels);
      } else if (series.gauge) {
        out += fmt::format("{}{} {}\n", f.name, label_text(series.labels), series.gauge());
      } else {
        out += fmt::format("{}{} {}\n", f.name, label_text(series.labels), series.counter.value());
      }
    }
  }
  return out;
}

}  // namespace granary
