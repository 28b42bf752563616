#include "cli/progress.h"

#include <fmt/format.h>

#include <algorithm>
#include <ostream>

#include "base/text.h"

namespace granary::cli {
namespace {

constexpr std::size_t kBar = 24, kWidth = 79;
constexpr auto kPause = std::chrono::milliseconds(100);

}  // namespace

std::string progress_line(std::uint64_t done, std::uint64_t total, std::string_view label, std::size_t width,
                          Progress::Unit unit) {
  done = std::min(done, total);
  const double part = total == 0 ? 1 : static_cast<double>(done) / static_cast<double>(total);
  const auto full = static_cast<std::size_t>(part * kBar);
  std::string bar(full, '=');
  if (full < kBar) bar += '>';
  bar.resize(kBar, ' ');
  const auto text = [unit](std::uint64_t amount) {
    return unit == Progress::Unit::bytes ? human_size(amount) : std::to_string(amount);
  };
  auto line = fmt::format("[{}] {:>3}%  {} of {}  {}", bar, static_cast<int>(part * 100), text(done),
                          text(total), label);
  if (line.size() > width) line.resize(width);
  return line;
}

void Progress::show(std::uint64_t done, std::uint64_t total, std::string_view label) {
  const auto now = std::chrono::steady_clock::now();
  if (!on_ || (drawn_ && now - last_ < kPause)) return;
  last_ = now;
  drawn_ = true;
  *out_ << "\r\x1b[K"
        << (total == 0 && unit_ == Unit::count ? std::string(label.substr(0, kWidth))
                                               : progress_line(done, total, label, kWidth, unit_))
        << std::flush;
}

void Progress::clear() {
  if (drawn_) *out_ << "\r\x1b[K" << std::flush;
  drawn_ = false;
}

}  // namespace granary::cli
