#pragma once
/// Signals as values, waited for by the main thread; no handler ever runs.

#include <chrono>
#include <cstdint>
#include <optional>

namespace granary::app {

enum class Signal : std::uint8_t {
  reload,  // SIGHUP: read again what can be read again
  stop,    // SIGTERM, SIGINT: drain, then exit
};

/// Block before the first thread is made, so that every thread inherits it. SIGPIPE is ignored: writes say
/// EPIPE.
class Signals {
 public:
  Signals();
  /// Waits for the next one.
  Signal wait() const;
  /// The next one that comes within `limit`.
  std::optional<Signal> wait(std::chrono::milliseconds limit) const;

 private:
  int fd_;
};

}  // namespace granary::app
