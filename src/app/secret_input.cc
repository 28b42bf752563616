#include "app/secret_input.h"

#include <termios.h>
#include <unistd.h>

#include <array>
#include <cerrno>

#include "base/file.h"

namespace granary::app {
namespace {

constexpr std::size_t kMost = 64 << 10;

/// Turns the echo of a terminal off while it lives.
class Quiet {
 public:
  Quiet() : on_(::tcgetattr(STDIN_FILENO, &before_) == 0) {
    if (!on_) return;
    termios quiet = before_;
    quiet.c_lflag &= ~static_cast<tcflag_t>(ECHO);
    quiet.c_lflag |= ECHONL;
    on_ = ::tcsetattr(STDIN_FILENO, TCSAFLUSH, &quiet) == 0;
  }
  ~Quiet() {
    if (on_) ::tcsetattr(STDIN_FILENO, TCSAFLUSH, &before_);
  }
  Quiet(const Quiet&) = delete;
  Quiet& operator=(const Quiet&) = delete;

 private:
  termios before_{};
  bool on_;
};

Result<std::string> read_input(bool one_line) {
  std::string text;
  std::array<char, 4096> chunk;
  while (!one_line || !text.ends_with('\n')) {
    const ssize_t n = ::read(STDIN_FILENO, chunk.data(), chunk.size());
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return system_error(errno, "read standard input");
    if (n == 0) break;
    text.append(chunk.data(), static_cast<std::size_t>(n));
    if (text.size() > kMost)
      return fail(Errc::too_large, "standard input is longer than 64 KB", "give it the secret alone");
  }
  if (text.ends_with('\n')) text.pop_back();
  if (text.ends_with('\r')) text.pop_back();
  return text;
}

}  // namespace

Result<std::string> read_secret(std::string_view prompt) {
  if (::isatty(STDIN_FILENO) != 1) return read_input(false);
  const Quiet quiet;  // before the prompt: what is typed at it is neither shown nor flushed away
  TRY(write_all(STDERR_FILENO, as_bytes(prompt)));
  return read_input(true);
}

}  // namespace granary::app
