#include "base/subprocess.h"

#include <fcntl.h>
#include <poll.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>

#include "base/file.h"

namespace granary {
namespace {

constexpr std::size_t kMostOutput = 1 << 20;

/// Reads until the end; an error when there is none in time.
Result<std::string> read_all(const Context& ctx, int fd, const std::string& name) {
  std::string out(4096, '\0');
  std::size_t size = 0;
  for (;;) {
    if (auto checked = ctx.check(); !checked)
      return with_note(std::move(checked), "while waiting for " + name);
    pollfd one{fd, POLLIN, 0};
    if (::poll(&one, 1, 50) <= 0) continue;
    if (size == out.size()) out.resize(size * 2);
    const auto n = ::read(fd, out.data() + size, out.size() - size);
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return system_error(errno, "read what " + name + " says");
    if (n == 0) break;
    size += static_cast<std::size_t>(n);
    if (size > kMostOutput) return fail(Errc::too_large, name + " says more than 1 MB");
  }
  out.resize(size);
  return out;
}

}  // namespace

Result<std::string> output_of(const Context& ctx, const std::vector<std::string>& arguments,
                              std::chrono::milliseconds patience) {
  GRANARY_ASSERT(!arguments.empty());
  const std::string& name = arguments.front();
  int ends[2];
  if (::pipe2(ends, O_CLOEXEC) != 0) return system_error(errno, "make a pipe");
  const UniqueFd reading(ends[0]);
  UniqueFd writing(ends[1]);

  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0);
  posix_spawn_file_actions_adddup2(&actions, writing.get(), 1);
  posix_spawn_file_actions_addopen(&actions, 2, "/dev/null", O_WRONLY, 0);
  std::vector<char*> argv;
  for (const auto& argument : arguments) argv.push_back(const_cast<char*>(argument.c_str()));
  argv.push_back(nullptr);
  pid_t child = 0;
  const int failed = ::posix_spawnp(&child, name.c_str(), &actions, nullptr, argv.data(), environ);
  posix_spawn_file_actions_destroy(&actions);
  if (failed != 0)
    return fail(Errc::unavailable, "cannot run " + name, "install it, or put its folder into PATH");
  writing.reset();

  auto out = read_all(ctx.with_timeout(patience), reading.get(), name);
  if (!out) ::kill(child, SIGKILL);
  int status = 0;
  while (::waitpid(child, &status, 0) < 0 && errno == EINTR) {
  }
  if (!out) return out;
  if (!WIFEXITED(status) || WEXITSTATUS(status) != 0) return fail(Errc::unavailable, name + " failed");
  return out;
}

}  // namespace granary
