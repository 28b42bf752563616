#include "base/subprocess.h"

#include <fcntl.h>
#include <poll.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <utility>

#include "base/file.h"

namespace granary {
namespace {

constexpr std::size_t kMostOutput = 1 << 20, kLongestLine = 8 << 10;
constexpr int kTurn = 50;  // ms
constexpr auto kBetweenWatches = std::chrono::milliseconds(500);

/// A process group. Ended with all that is in it, and waited for, at the latest when it goes.
class Child {
 public:
  Child() = default;
  Child(pid_t id, UniqueFd output) : id_(id), output_(std::move(output)) {}
  Child(Child&& other) noexcept
      : id_(std::exchange(other.id_, 0)), output_(std::move(other.output_)), status_(other.status_) {}
  Child& operator=(Child&&) = delete;
  ~Child() { end(); }

  int output() const noexcept { return output_.get(); }

  /// Without taking its number away: the group's is the same.
  bool has_ended() const {
    siginfo_t info{};
    return ::waitid(P_PID, static_cast<id_t>(id_), &info, WEXITED | WNOHANG | WNOWAIT) == 0 &&
           info.si_pid == id_;
  }

  /// Exit status, or 128 and the signal.
  int end() {
    if (id_ == 0) return status_;
    ::kill(-id_, SIGKILL);
    int status = 0;
    while (::waitpid(id_, &status, 0) < 0 && errno == EINTR) {
    }
    id_ = 0;
    status_ = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
    return status_;
  }

 private:
  pid_t id_ = 0;
  UniqueFd output_;
  int status_ = 0;
};

std::vector<char*> pointers(const std::vector<std::string>& texts) {
  std::vector<char*> out;
  out.reserve(texts.size() + 1);
  for (const auto& text : texts) out.push_back(const_cast<char*>(text.c_str()));
  out.push_back(nullptr);
  return out;
}

/// `environment` null: this process's own, and standard error goes nowhere.
Result<Child> start(const std::vector<std::string>& arguments, const std::vector<std::string>* environment,
                    const std::string& folder) {
  GRANARY_ASSERT(!arguments.empty());
  int ends[2];
  if (::pipe2(ends, O_CLOEXEC) != 0) return system_error(errno, "make a pipe");
  UniqueFd reading(ends[0]);
  const UniqueFd writing(ends[1]);

  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0);
  posix_spawn_file_actions_adddup2(&actions, writing.get(), 1);
  if (environment != nullptr)
    posix_spawn_file_actions_adddup2(&actions, writing.get(), 2);
  else
    posix_spawn_file_actions_addopen(&actions, 2, "/dev/null", O_WRONLY, 0);
  // A library's sockets need not be close-on-exec.
  posix_spawn_file_actions_addclosefrom_np(&actions, 3);
  if (!folder.empty()) posix_spawn_file_actions_addchdir_np(&actions, folder.c_str());
  posix_spawnattr_t attributes;
  posix_spawnattr_init(&attributes);
  // Signals are as a program expects them, whatever this process blocks.
  sigset_t none, all;
  ::sigemptyset(&none);
  ::sigfillset(&all);
  posix_spawnattr_setsigmask(&attributes, &none);
  posix_spawnattr_setsigdefault(&attributes, &all);
  posix_spawnattr_setpgroup(&attributes, 0);
  posix_spawnattr_setflags(&attributes,
                           POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
  auto argv = pointers(arguments);
  auto envp = environment == nullptr ? std::vector<char*>() : pointers(*environment);
  pid_t id = 0;
  const int failed = ::posix_spawnp(&id, argv.front(), &actions, &attributes, argv.data(),
                                    environment == nullptr ? environ : envp.data());
  posix_spawnattr_destroy(&attributes);
  posix_spawn_file_actions_destroy(&actions);
  if (failed != 0)
    return fail(Errc::unavailable, "cannot run " + arguments.front(),
                "install it, or put its folder into PATH");
  return Child(id, std::move(reading));
}

/// Reads until the end, or until the program has ended: its children may keep the pipe open.
Result<> read_all(const Context& ctx, const Child& child, const std::string& name,
                  const std::function<Result<>(std::string_view)>& each,
                  const std::function<Result<>()>& watch) {
  std::string buffer(16 << 10, '\0');
  auto next_watch = Context::Clock::now();
  for (bool last = false;;) {
    if (auto checked = ctx.check(); !checked)
      return with_note(std::move(checked), "while waiting for " + name);
    if (watch && Context::Clock::now() >= next_watch) {
      TRY(watch());
      next_watch = Context::Clock::now() + kBetweenWatches;
    }
    pollfd one{child.output(), POLLIN, 0};
    const bool ready = ::poll(&one, 1, last ? 0 : kTurn) > 0;
    if (!ready) {
      if (last) return {};
      last = child.has_ended();
      continue;
    }
    const auto n = ::read(child.output(), buffer.data(), buffer.size());
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return system_error(errno, "read what " + name + " says");
    if (n == 0) return {};
    TRY(each({buffer.data(), static_cast<std::size_t>(n)}));
  }
}

Result<> wait_for(const Context& ctx, const Child& child, const std::string& name,
                  const std::function<Result<>()>& watch) {
  auto next_watch = Context::Clock::now();
  while (!child.has_ended()) {
    if (auto checked = ctx.check(); !checked)
      return with_note(std::move(checked), "while waiting for " + name);
    if (watch && Context::Clock::now() >= next_watch) {
      TRY(watch());
      next_watch = Context::Clock::now() + kBetweenWatches;
    }
    ::poll(nullptr, 0, 5);
  }
  return {};
}

/// Puts lines together.
class Lines {
 public:
  explicit Lines(const EachLine& each) : each_(&each) {}
  void add(std::string_view bytes) {
    for (const char c : bytes) {
      if (c == '\n' || kept_.size() == kLongestLine) flush();
      if (c != '\n') kept_ += c;
    }
  }
  void flush() {
    if (*each_) (*each_)(kept_);
    kept_.clear();
  }
  bool empty() const noexcept { return kept_.empty(); }

 private:
  const EachLine* each_;
  std::string kept_;
};

}  // namespace

Result<std::string> output_of(const Context& ctx, const std::vector<std::string>& arguments,
                              std::chrono::milliseconds patience) {
  auto child = TRY(start(arguments, nullptr, {}));
  const std::string& name = arguments.front();
  const auto patient = ctx.with_timeout(patience);
  std::string out;
  TRY(read_all(patient, child, name,
               [&](std::string_view bytes) -> Result<> {
                 out += bytes;
                 if (out.size() > kMostOutput) return fail(Errc::too_large, name + " says more than 1 MB");
                 return {};
               },
               {}));
  TRY(wait_for(patient, child, name, {}));
  if (child.end() != 0) return fail(Errc::unavailable, name + " failed");
  return out;
}

Result<int> run_command(const Context& ctx, const Command& command, const EachLine& each,
                        const std::function<Result<>()>& watch) {
  auto child = TRY(start(command.arguments, &command.environment, command.folder));
  const std::string& name = command.arguments.front();
  Lines lines(each);
  std::uint64_t size = 0;
  auto read = read_all(
      ctx, child, name,
      [&](std::string_view bytes) -> Result<> {
        lines.add(bytes);
        size += bytes.size();
        if (size > command.most_output)
          return fail(Errc::too_large,
                      "the program says more than " + std::to_string(command.most_output >> 20) + " MB");
        return {};
      },
      watch);
  if (!lines.empty()) lines.flush();
  if (!read) return tl::unexpected(std::move(read).error());
  TRY(wait_for(ctx, child, name, watch));
  return child.end();
}

}  // namespace granary
