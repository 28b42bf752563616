#include "app/signals.h"

#include <poll.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>

#include "base/result.h"

namespace granary::app {

Signals::Signals() {
  sigset_t set;
  sigemptyset(&set);
  for (const int signal : {SIGHUP, SIGTERM, SIGINT}) sigaddset(&set, signal);
  GRANARY_ASSERT(pthread_sigmask(SIG_BLOCK, &set, nullptr) == 0);
  std::signal(SIGPIPE, SIG_IGN);
  fd_ = ::signalfd(-1, &set, SFD_CLOEXEC);
  GRANARY_ASSERT(fd_ >= 0);
}

Signal Signals::wait() const {
  for (;;) {
    signalfd_siginfo info{};
    const ssize_t n = ::read(fd_, &info, sizeof info);
    if (n == sizeof info) return info.ssi_signo == SIGHUP ? Signal::reload : Signal::stop;
    GRANARY_ASSERT(n < 0 && errno == EINTR);
  }
}

std::optional<Signal> Signals::wait(std::chrono::milliseconds limit) const {
  pollfd poll{fd_, POLLIN, 0};
  if (::poll(&poll, 1, static_cast<int>(limit.count())) != 1) return std::nullopt;
  return wait();
}

}  // namespace granary::app
