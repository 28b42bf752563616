#include "build/run_in.h"

namespace granary::build {
namespace {

constexpr auto kLookAtSize = std::chrono::seconds(2);

}  // namespace

std::vector<std::string> environment_in(const WorkFolder& work, const std::string& tools) {
  return {"PATH=" + tools + (tools.empty() ? "" : ":") +
              "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
          "HOME=" + work.home(),
          "LC_ALL=C.UTF-8",
          "TZ=UTC",
          "GIT_CONFIG_NOSYSTEM=1",
          "GIT_TERMINAL_PROMPT=0"};
}

Result<int> run_in(const Context& ctx, const Sandbox& sandbox, const WorkFolder& work, const Program& program,
                   const Limits& limits, const EachLine& each) {
  auto next = Context::Clock::now();
  const auto status = TRY(run_command(ctx, sandbox.command(program, limits), each, [&]() -> Result<> {
    if (Context::Clock::now() < next) return {};
    next = Context::Clock::now() + kLookAtSize;
    return work.check_size(limits.disk);
  }));
  // The disk may have filled since the last look, and then the failure is not the program's own.
  if (status != 0) TRY(work.check_size(limits.disk));
  return status;
}

}  // namespace granary::build
