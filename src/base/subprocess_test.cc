#include "base/subprocess.h"

#include <gtest/gtest.h>
#include <stdlib.h>
#include <sys/socket.h>

#include <thread>

#include "base/file.h"
#include "base/testing/eventually.h"
#include "base/testing/temporary_folder.h"
#include "base/testing/test_context.h"
#include "base/text.h"

namespace granary {
namespace {

using namespace std::chrono_literals;

TEST(Subprocess, GivesWhatTheProgramSays) {
  EXPECT_EQ(output_of(test_context(), {"printf", "%s", "a b"}, 10s).value(), "a b");
}

TEST(Subprocess, AProgramThatFailsOrIsAbsentIsUnavailable) {
  EXPECT_EQ(output_of(test_context(), {"false"}, 10s).error().code(), Errc::unavailable);
  EXPECT_EQ(output_of(test_context(), {"no-such-program-here"}, 10s).error().code(), Errc::unavailable);
}

TEST(Subprocess, AProgramThatTakesTooLongIsEnded) {
  EXPECT_EQ(output_of(test_context(), {"sleep", "600"}, 100ms).error().code(), Errc::deadline_exceeded);
}

TEST(Subprocess, EndlessOutputIsNotCollected) {
  EXPECT_EQ(output_of(test_context(), {"yes"}, 10s).error().code(), Errc::too_large);
}

TEST(Subprocess, OpenSocketsAreNotInherited) {
  const UniqueFd socket(::socket(AF_INET, SOCK_STREAM, 0));  // as a library opens it
  ASSERT_TRUE(socket);
  const auto said = output_of(test_context(), {"ls", "-l", "/proc/self/fd"}, 10s).value();
  EXPECT_EQ(said.find("socket:"), std::string::npos) << said;
}

TEST(Subprocess, ACommandHasNothingOfThisProcessButWhatIsSaid) {
  ::setenv("SUBPROCESS_TEST", "leaked", 1);
  const TemporaryFolder folder;
  std::vector<std::string> lines;
  const auto status = run_command(test_context(),
                                  {.arguments = {"sh", "-c", "env; pwd; echo wrong >&2; exit 3"},
                                   .environment = {"ONLY=this"},
                                   .folder = folder.path()},
                                  [&](std::string_view line) { lines.emplace_back(line); });
  EXPECT_EQ(status.value(), 3);
  const auto has = [&](const std::string& text) {
    return std::find(lines.begin(), lines.end(), text) != lines.end();
  };
  EXPECT_TRUE(has("ONLY=this"));
  EXPECT_TRUE(has(folder.path()));
  EXPECT_TRUE(has("wrong")) << "errors are heard too";
  EXPECT_FALSE(has("SUBPROCESS_TEST=leaked"));
}

TEST(Subprocess, ACommandEndsWithAllThatItStarted) {
  std::string child;  // which nobody waits for
  EXPECT_EQ(run_command(test_context(),
                        {.arguments = {"sh", "-c", "sleep 600 & echo $!"}, .environment = {}, .folder = {}},
                        [&](std::string_view line) { child += line; })
                .value(),
            0);
  ASSERT_TRUE(parse_unsigned(child)) << child;
  EXPECT_TRUE(eventually([&] {
    const auto status = read_file("/proc/" + child + "/stat");  // "4711 (sleep) S ..."
    return !status || status->find(") Z ") != std::string::npos;
  }));
}

TEST(Subprocess, ACommandIsEndedByItsDeadlineItsStopItsWatchAndItsOutput) {
  const Command sleep{.arguments = {"sleep", "600"}, .environment = {}, .folder = {}};
  EXPECT_EQ(run_command(test_context().with_timeout(100ms), sleep, {}).error().code(),
            Errc::deadline_exceeded);
  std::stop_source stop;
  const Logger silent;
  const Context stopped(silent, stop.get_token(), Context::Clock::now() + 30s);
  std::jthread stopper([&] {
    std::this_thread::sleep_for(100ms);
    stop.request_stop();
  });
  EXPECT_EQ(run_command(stopped, sleep, {}).error().code(), Errc::cancelled);
  EXPECT_EQ(run_command(test_context(), sleep, {}, [] { return Result<>(fail(Errc::too_large, "full")); })
                .error()
                .message(),
            "full");
  EXPECT_EQ(run_command(test_context(),
                        {.arguments = {"yes"}, .environment = {}, .folder = {}, .most_output = 1 << 20}, {})
                .error()
                .code(),
            Errc::too_large);
}

TEST(Subprocess, ACommandKilledByASignalSaysWhich) {
  EXPECT_EQ(run_command(test_context(),
                        {.arguments = {"sh", "-c", "kill -9 $$"}, .environment = {}, .folder = {}}, {})
                .value(),
            128 + 9);
}

}  // namespace
}  // namespace granary
