#pragma once
/// One line on a terminal that says how far a long work is.

#include <chrono>
#include <cstdint>
#include <iosfwd>
#include <string>
#include <string_view>

namespace granary::cli {

/// Draws at most ten times a second; draws nothing when it is not on.
class Progress {
 public:
  enum class Unit : std::uint8_t { bytes, count };
  Progress(std::ostream& out, bool on, std::uint64_t total, Unit unit = Unit::bytes)
      : out_(&out), on_(on), total_(total), unit_(unit) {}
  ~Progress() { clear(); }
  Progress(const Progress&) = delete;
  Progress& operator=(const Progress&) = delete;

  /// `done` of all bytes; `label` is the file at hand.
  void show(std::uint64_t done, std::string_view label) { show(done, total_, label); }
  /// Of work whose size becomes known meanwhile; 0: it is not known yet, and only `label` is shown.
  void show(std::uint64_t done, std::uint64_t total, std::string_view label);
  /// Takes the line away, so that another can be printed.
  void clear();

 private:
  std::ostream* out_;
  bool on_;
  std::uint64_t total_;
  Unit unit_;
  bool drawn_ = false;
  std::chrono::steady_clock::time_point last_{};
};

/// "[=====>    ]  45%  12.3 MB of 27.0 MB  name", at most `width` wide.
std::string progress_line(std::uint64_t done, std::uint64_t total, std::string_view label, std::size_t width,
                          Progress::Unit unit = Progress::Unit::bytes);

}  // namespace granary::cli
