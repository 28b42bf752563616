#include "cli/cli.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <sstream>

#include "cli/command.h"

namespace granary::cli {
namespace {

using testing::HasSubstr;
using testing::StartsWith;

struct Done {
  int code;
  std::string out, err;
};

class CliTest : public testing::Test {
 protected:
  void SetUp() override {
    folder = std::filesystem::temp_directory_path() / ("granary-cli-" + std::to_string(::getpid()));
    std::filesystem::create_directories(folder);
    hooks.version = "1.2.3";
  }
  void TearDown() override { std::filesystem::remove_all(folder); }

  Done run(std::vector<std::string> words, const std::string& program = "/usr/bin/granary") {
    words.insert(words.begin(), program);
    std::ostringstream out, err;
    const int code = cli::run(words, environment, hooks, {out, err});
    return {code, out.str(), err.str()};
  }
  std::string file(const std::string& name, const std::string& text) {
    std::ofstream(folder / name) << text;
    return folder / name;
  }

  std::filesystem::path folder;
  Environment environment;
  Hooks hooks;
};

TEST_F(CliTest, EveryCommandHasHelpWithItsExampleAndDescribedFlags) {
  for (const auto& command : commands()) {
    std::vector<std::string> words;
    std::istringstream stream{std::string(command.name)};
    for (std::string word; stream >> word;) words.push_back(word);
    words.emplace_back("--help");
    const auto done = run(words);
    EXPECT_EQ(done.code, 0);
    EXPECT_THAT(done.out, HasSubstr("Example:\n  granary " + std::string(command.name))) << command.name;
    EXPECT_NE(command.run, nullptr);
    for (const auto& flag : command.flags) EXPECT_FALSE(flag.help.empty()) << command.name << flag.name;
  }
  EXPECT_THAT(run({"--help"}).out, HasSubstr("create source"));
  EXPECT_THAT(run({"create", "--help"}).out, HasSubstr("create token"));
  EXPECT_THAT(run({"help", "reorder"}).out, HasSubstr("--sources"));
}

TEST_F(CliTest, TheIncumbentsNameIsAnAlias) {
  EXPECT_EQ(run({"--version"}, "rspm").out, "rspm 1.2.3\n");
  EXPECT_THAT(run({"add", "--help"}, "/opt/bin/rspm").out, HasSubstr("rspm add"));
}

struct Misuse {
  std::vector<std::string> words;
  const char* message;
};
class MisuseTest : public CliTest, public testing::WithParamInterface<Misuse> {};

TEST_P(MisuseTest, IsOneLineOnStderrWithCodeTwo) {
  const auto done = run(GetParam().words);
  EXPECT_EQ(done.code, 2);
  EXPECT_TRUE(done.out.empty());
  EXPECT_EQ(std::count(done.err.begin(), done.err.end(), '\n'), 1);
  EXPECT_THAT(done.err, StartsWith("granary: "));
  EXPECT_THAT(done.err, HasSubstr(GetParam().message));
}

INSTANTIATE_TEST_SUITE_P(
    Lines, MisuseTest,
    testing::Values(
        Misuse{{"frobnicate"}, "unknown command 'frobnicate'"}, Misuse{{"lst"}, "did you mean 'list'"},
        Misuse{{"create"}, "granary create --help"},
        Misuse{{"create", "sorce"}, "did you mean 'create source'"},
        Misuse{{"creat", "source"}, "did you mean 'create'"}, Misuse{{"nonsense"}, "see: granary --help"},
        Misuse{{"create", "source"}, "--name is missing"},
        Misuse{{"list", "packages", "--serch", "x"}, "did you mean '--search'"},
        Misuse{{"list", "sources", "extra"}, "unexpected argument 'extra'"},
        Misuse{{"list", "colours"}, "unknown command 'list colours'"},
        Misuse{{"gc", "--dryrun=perhaps"}, "is a switch"}, Misuse{{"gc", "--grace"}, "--grace needs a value"},
        Misuse{{"list", "-o", "xml"}, "use human or json"}, Misuse{{"--nonsense"}, "unknown flag"}));

TEST_F(CliTest, WithoutAServerTheMessageSaysHowToStartIt) {
  const auto config = file("a.gcfg", "[Server]\nSockFileDir = " + folder.string() + "\n");
  const auto done = run({"list", "sources", "-c", config});
  EXPECT_EQ(done.code, 1);
  EXPECT_THAT(done.err, HasSubstr("no server answers on " + folder.string() + "/granary.sock"));
  EXPECT_THAT(done.err, HasSubstr("start it with: granary serve -c " + config));
}

TEST_F(CliTest, ServeGetsTheFileThatTheEnvironmentNames) {
  std::string got;
  hooks.serve = [&](const ServeOptions& options) {
    got = options.config_path;
    return 7;
  };
  environment["GRANARY_CONFIG"] = "/env.gcfg";
  EXPECT_EQ(run({"serve"}).code, 7);
  EXPECT_EQ(got, "/env.gcfg");
  run({"serve", "--config=/flag.gcfg"});
  EXPECT_EQ(got, "/flag.gcfg");
}

TEST_F(CliTest, CheckConfigPassesAndRunsTheProbes) {
  hooks.probes = [](const config::Settings& s) -> std::vector<Probe> {
    return {{"database", [kind = s.database.provider](const Context&) -> Result<std::string> {
               return kind + " answers";
             }}};
  };
  const auto config =
      file("a.gcfg", "[Server]\nDataDir = " + folder.string() + "/new/data\n[CRAN]\nRSF = true\n");
  const auto done = run({"check-config", "-c", config});
  EXPECT_EQ(done.code, 0) << done.out;
  EXPECT_THAT(done.out, HasSubstr("[PASS] database: sqlite answers"));
  EXPECT_THAT(done.out, HasSubstr("[INFO] settings: accepted, no effect in this version: CRAN.RSF"));
  EXPECT_THAT(done.out, HasSubstr("[PASS] Server.DataDir"));
}

TEST_F(CliTest, CheckConfigNamesEveryWrongLineAndFails) {
  const auto config = file("a.gcfg", "[HTTP]\nListn = :1\nListen = :1\n[Metrics]\nEnabled = maybe\n");
  const auto done = run({"check-config", "-c", config});
  EXPECT_EQ(done.code, 1);
  EXPECT_THAT(done.out, HasSubstr("[FAIL] settings: " + config +
                                  ":2: unknown setting HTTP.Listn; did you mean HTTP.Listen"));
  EXPECT_THAT(done.out, HasSubstr(":5: Metrics.Enabled: 'maybe' is not a boolean"));
}

TEST_F(CliTest, CheckConfigFailsWithAProbeAndAFileThatIsNotThere) {
  hooks.probes = [](const config::Settings&) -> std::vector<Probe> {
    return {{"storage", [](const Context&) -> Result<std::string> {
               return fail(Errc::unavailable, "the bucket is gone", "make it");
             }}};
  };
  const auto config = file("a.gcfg", "[Server]\nDataDir = " + folder.string() + "\n");
  const auto done = run({"check-config", "-c", config});
  EXPECT_EQ(done.code, 1);
  EXPECT_THAT(done.out, HasSubstr("[FAIL] storage: the bucket is gone; make it"));
  EXPECT_EQ(run({"check-config", "-c", "/nowhere/x.gcfg"}).code, 1);
  EXPECT_THAT(run({"check-config", "-c", config, "-o", "json"}).out, StartsWith("{\"passed\":false"));
}

TEST_F(CliTest, SettingsPrintsTheReference) {
  EXPECT_THAT(run({"settings", "--markdown"}).out, StartsWith("# Settings"));
  EXPECT_THAT(run({"settings"}).out, HasSubstr(";Listen = :4242"));
}

}  // namespace
}  // namespace granary::cli
