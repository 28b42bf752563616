#pragma once
/// What the clients ask for: ready requests, made by plan.py, and how installs are drawn from them.

#include <array>
#include <cstdint>
#include <random>
#include <string>
#include <string_view>
#include <vector>

namespace load {

enum class Kind : std::uint8_t { index, metadata, file, unknown, upload, cold };
inline constexpr std::array<std::string_view, 6> kKinds = {"index",   "metadata", "file",
                                                           "unknown", "upload",   "cold"};

struct Request {
  Kind kind = Kind::index;
  std::array<int, 2> statuses{};  // either is right
  std::int64_t size = -1;         // of the body of a 200; -1: any
  std::string_view bytes;
};

/// How often, per install.
struct Mix {
  double unknown = 0.43;     // so that 3 of 10 pages that are asked for are of unknown names
  double conditional = 0.9;  // share of installs that have the page already
  double upload = 1.0 / 2000;
  double cold = 1.0 / 500;  // a page of an old day, each asked for once
};

/// The requests of one client, one after the other.
struct Install {
  std::array<const Request*, 6> steps{};
  std::size_t count = 0;
  void add(const Request& request) { steps[count++] = &request; }
};

class Plan {
 public:
  /// Reads the file; ends the process with a message when it cannot.
  Plan(const char* path, std::uint64_t seed, Mix mix = {});
  Install next();

 private:
  struct Package {
    Request conditional, fresh, metadata, file;
  };
  double chance() { return std::uniform_real_distribution<double>(0, 1)(random_); }

  std::string text_;
  std::vector<Package> packages_;  // the most popular first
  std::vector<Request> unknown_, uploads_, cold_;
  std::size_t next_upload_ = 0, next_cold_ = 0;
  std::mt19937_64 random_;
  Mix mix_;
};

}  // namespace load
