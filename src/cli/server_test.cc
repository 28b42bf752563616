/// The command line against a real server, over its unix socket and over the network with tokens.

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <sstream>

#include "api/access_gate.h"
#include "api/admin_routes.h"
#include "api/job_routes.h"
#include "api/meta_handlers.h"
#include "base/json.h"
#include "base/text.h"
#include "cli/cli.h"
#include "http/server.h"
#include "ingest/maintenance_jobs.h"
#include "ingest/testing/world.h"
#include "jobs/runner.h"
#include "view/views.h"

namespace granary::cli {
namespace {

using testing::HasSubstr;
using testing::Not;

struct Done {
  int code;
  std::string out, err;
};

class ServerTest : public ingest::World {
 protected:
  void SetUp() override {
    World::SetUp();
    ASSERT_TRUE(database->migrate(ctx, auth::migrations()));
    folder = std::filesystem::temp_directory_path() / ("granary-s-" + std::to_string(::getpid()));
    std::filesystem::create_directories(folder);
    tokens = auth::make_tokens(database, clock);
    views = view::make_views(catalog, *database, clock, 1 << 20);
    router.set_gate(api::make_access_gate(tokens, views));
    api::bind_meta(router, {.views = views, .catalog = catalog, .version = "1", .build_date = ""});
    start_jobs();
    api::bind_admin_routes(
        router,
        {.ingest = std::move(ingest), .catalog = catalog, .tokens = tokens, .clock = clock, .queue = queue});
    http::ServerOptions options;
    options.loops = 1;
    options.workers = 2;
    options.spool_directory = folder;
    http::Listener tcp, unix_socket;
    tcp.address = "127.0.0.1:0";
    tcp.router = unix_socket.router = &router;
    unix_socket.address = "unix:" + (folder / "granary.sock").string();
    auto started = http::Server::start(options, {tcp, unix_socket}, Logger(), metrics);
    ASSERT_TRUE(started) << started.error().message();
    server = std::move(*started);
    url = "http://127.0.0.1:" + std::to_string(server->ports().at(0));
    config = folder / "granary.gcfg";
    std::ofstream(config) << "[Server]\nSockFileDir = " << folder.string() << "\n";
  }
  void start_jobs() {
    ASSERT_TRUE(database->migrate(ctx, jobs::migrations()));
    queue = jobs::make_queue(database, clock);
    api::bind_jobs(router, {.queue = queue, .events = nullptr, .catalog = catalog, .submittable = {}});
    const std::shared_ptr<ingest::Ingest> worker = ingest::make_ingest(
        catalog, std::shared_ptr<blob::BlobStore>(std::shared_ptr<void>(), blobs.get()), clock);
    runner = std::make_unique<jobs::Runner>(
        jobs::RunnerParts{.queue = queue,
                          .schedules = std::make_shared<jobs::Schedules>(database, clock),
                          .clock = clock,
                          .sink = nullptr},
        jobs::RunnerOptions{.worker = "one", .poll = std::chrono::milliseconds(10)},
        ingest::maintenance_handlers(worker, std::chrono::hours(1)));
    database->on_change(runner->listener());
    runner->start();
  }
  void TearDown() override {
    runner.reset();
    if (server) server->drain(std::chrono::seconds(5));
    server.reset();
    std::filesystem::remove_all(folder);
  }

  Done run(std::vector<std::string> words, const Environment& environment = {}) {
    words.insert(words.begin(), "granary");
    if (environment.empty()) words.insert(words.end(), {"-c", config});
    std::ostringstream out, err;
    const int code = cli::run(words, environment, {}, {out, err});
    return {code, out.str(), err.str()};
  }
  std::string good(std::vector<std::string> words) {
    const auto done = run(words);
    EXPECT_EQ(done.code, 0) << done.err << done.out;
    return done.out;
  }
  Json json(std::vector<std::string> words) {
    words.insert(words.end(), {"-o", "json"});
    auto parsed = Json::parse(good(words));
    EXPECT_TRUE(parsed);
    return parsed ? *parsed : Json();
  }
  std::string write(const ingest::Package& package, const std::string& below = {}) {
    std::filesystem::create_directories(folder / below);
    const auto path = folder / below / package.filename;
    std::ofstream(path, std::ios::binary) << package.bytes;
    return path;
  }
  std::string token(const std::string& scope) {
    return std::string(trim(good({"create", "token", "--scope", scope, "--description", "t", "-q"})));
  }

  std::filesystem::path folder;
  std::string config, url;
  std::shared_ptr<auth::Tokens> tokens;
  std::shared_ptr<view::Views> views;
  http::Router router;
  Metrics metrics;
  std::shared_ptr<jobs::Queue> queue;
  std::unique_ptr<jobs::Runner> runner;
  std::unique_ptr<http::Server> server;
};

TEST_F(ServerTest, SourcesAndRepositoriesLiveTheirLife) {
  EXPECT_THAT(good({"create", "source", "--name", "team", "--type", "local"}), HasSubstr("'team'"));
  EXPECT_EQ(run({"create", "source", "--name", "team", "--type", "local"}).code, 1);
  good({"create", "source", "--name", "team", "--type", "local", "--succeed-on-existing"});
  good({"create", "repo", "--name", "all", "--description", "for tests"});
  good({"subscribe", "--repo", "all", "--source", "team"});
  good({"subscribe", "--repo", "all", "--source", "r"});
  good({"reorder", "--repo", "all", "--sources", "r, team"});
  EXPECT_THAT(good({"info", "--repo", "all"}), HasSubstr("r, team"));
  EXPECT_THAT(good({"list"}), HasSubstr("for tests"));
  EXPECT_EQ(json({"list", "repos"}).items().size(), 1U);
  good({"edit", "repo", "--name", "all", "--new-name", "every", "--authenticated=true"});
  EXPECT_EQ(json({"info", "--repo", "every"})["auth"].boolean(), true);
  EXPECT_THAT(run({"delete", "source", "--name", "team"}).err, HasSubstr("granary: "));
  good({"unsubscribe", "--repo", "every", "--source", "team"});
  good({"delete", "source", "--name", "team"});
  good({"delete", "repo", "--name", "every"});
  EXPECT_EQ(run({"info", "--repo", "every"}).code, 1);
  EXPECT_EQ(run({"create", "source", "--name", "x", "--type", "cobol"}).code, 1);
}

TEST_F(ServerTest, AddTakesFilesFoldersAndListsAndGoesOnAfterABadOne) {
  // Given two good packages, one in a nested folder, and a bad one
  const auto one = write(ingest::r_package("one", "1.0"));
  write(ingest::r_package("two", "1.0"), "deep/er");
  std::ofstream(folder / "deep" / "notes.txt") << "no package";
  const auto bad = write({"bad_1.0.tar.gz", "no archive"});
  const auto list = (folder / "list").string();
  std::ofstream(list) << "# packages\n\n" << (folder / "deep").string() << "\n";
  // When they are added in one go
  const auto done = run({"add", "--source", "r", "--path", one + "," + bad, "--file-in", list});
  // Then the good ones are there, and the bad one is named
  EXPECT_EQ(done.code, 1);
  EXPECT_THAT(done.out, HasSubstr("2 added, 0 there already, 1 failed"));
  EXPECT_THAT(done.err, HasSubstr("failed   " + bad + ": "));
  EXPECT_THAT(done.out + done.err, Not(HasSubstr("\r")));
  EXPECT_THAT(good({"list", "packages", "--source", "r"}), HasSubstr("two"));
  EXPECT_THAT(good({"add", "--source", "r", "--path", one}), HasSubstr("0 added, 1 there already"));
}

TEST_F(ServerTest, AddWithoutReplaceKeepsAndWithReplaceChanges) {
  const auto file = ingest::simple_wheel("demo", "1.0");
  good({"add", "--source", "py", "--path", write(file)});
  const auto path = write(ingest::simple_wheel("demo", "1.0", "x = 2\n"));
  const auto refused = run({"add", "--source", "py", "--path", path});
  EXPECT_EQ(refused.code, 1);
  EXPECT_THAT(refused.err, HasSubstr("--replace"));
  EXPECT_THAT(good({"add", "--source", "py", "--path", path, "--replace", "--dryrun"}),
              HasSubstr("would add"));
  good({"add", "--source", "py", "--path", path, "--replace", "--comment", "fixed"});
  const auto transactions = json({"list", "transactions", "--source", "py"});
  ASSERT_EQ(transactions.items().size(), 2U);
  EXPECT_EQ(transactions.items()[0]["comment"].string(), "fixed");
  EXPECT_EQ(transactions.items()[0]["actor"].string(), "local");
}

TEST_F(ServerTest, AddToAnUnknownSourceStopsAtOnce) {
  const auto done = run({"add", "--source", "nowhere", "--path", write(ingest::r_package("one", "1.0"))});
  EXPECT_EQ(done.code, 1);
  EXPECT_THAT(done.err, HasSubstr("nowhere"));
}

TEST_F(ServerTest, PackagesAreArchivedYankedAndRemoved) {
  good({"add", "--source", "r", "--path", write(ingest::r_package("one", "1.0"))});
  good({"add", "--source", "py", "--path", write(ingest::simple_wheel("demo", "1.0"))});
  EXPECT_THAT(good({"archive", "--source", "r", "--name", "one"}), HasSubstr("archived one_1.0.tar.gz"));
  EXPECT_THAT(good({"yank", "--source", "py", "--name", "demo@1.0", "--reason", "bad"}),
              HasSubstr("yanked demo-1.0"));
  EXPECT_THAT(good({"unyank", "--source", "py", "--name", "demo@1.0"}), HasSubstr("unyanked demo-1.0"));
  EXPECT_THAT(good({"remove", "package", "--source", "py", "--name", "demo@1.0", "--dryrun"}),
              HasSubstr("would remove"));
  EXPECT_THAT(good({"remove", "package", "--source", "py", "--name", "demo@all"}),
              HasSubstr("removed demo-1.0"));
  EXPECT_EQ(run({"remove", "package", "--source", "py", "--name", "demo@all"}).code, 1);
}

TEST_F(ServerTest, VerifyAndGcReport) {
  good({"add", "--source", "r", "--path", write(ingest::r_package("one", "1.0"))});
  EXPECT_THAT(good({"verify"}), HasSubstr("all right"));
  clock->advance(std::chrono::hours(48));
  good({"delete", "source", "--name", "r"});
  EXPECT_EQ(json({"gc", "--dryrun"})["blobs"].integer(), 1);
  EXPECT_THAT(good({"gc"}), HasSubstr("gave back"));
  EXPECT_EQ(json({"gc"})["blobs"].integer(), 0);
  EXPECT_EQ(json({"gc", "--no-wait"})["kind"].string(), "gc");
  EXPECT_THAT(good({"verify", "--no-wait"}), HasSubstr("granary info job"));
}

TEST_F(ServerTest, DamageMakesVerifyFail) {
  good({"add", "--source", "r", "--path", write(ingest::r_package("one", "1.0"))});
  const auto digest = files("r", "one").at(0).blob;
  blobs->damage(digest, "other");
  const auto done = run({"verify", "-o", "json"});
  EXPECT_EQ(done.code, 1);
  EXPECT_EQ(done.err, "");
  const auto found = Json::parse(done.out).value();
  EXPECT_EQ(found["problem_count"].integer(), 2) << "its size and its hash";
  EXPECT_EQ(found["problems"].items().at(0)["filename"].string(), "one_1.0.tar.gz");
  EXPECT_THAT(run({"verify"}).out, HasSubstr("damaged: one_1.0.tar.gz of source 'r'"));
}

TEST_F(ServerTest, OverTheNetworkATokenDecides) {
  const auto admin = token("global:admin");
  const auto publisher = token("sources:write:r");
  const auto package = write(ingest::r_package("one", "1.0"));
  const Environment none = {{"GRANARY_ADDRESS", url}};
  const Environment as_publisher = {{"PACKAGEMANAGER_ADDRESS", url}, {"PACKAGEMANAGER_TOKEN", publisher}};
  const Environment as_admin = {{"GRANARY_ADDRESS", url + "/"}, {"GRANARY_TOKEN", admin}};
  EXPECT_THAT(run({"list", "tokens"}, none).err, HasSubstr("GRANARY_TOKEN"));
  EXPECT_EQ(run({"add", "--source", "r", "--path", package}, as_publisher).code, 0);
  EXPECT_EQ(run({"add", "--source", "py", "--path", package}, as_publisher).code, 1);
  EXPECT_THAT(run({"list", "tokens"}, as_publisher).err, HasSubstr("global:admin"));
  EXPECT_EQ(run({"list", "tokens"}, as_admin).code, 0);
  EXPECT_EQ(json({"list", "transactions", "--source", "r"}).items()[0]["actor"].string(), "t");
  good({"revoke", "token", "--token", publisher});
  EXPECT_EQ(run({"list", "packages", "--source", "r"}, as_publisher).code, 1);
}

TEST_F(ServerTest, TokensAreListedWithoutTheirSecret) {
  const auto made = json({"create", "token", "--scope", "sources:write,repos:read", "--sources", "a,b",
                          "--description", "d", "--expires", "20d"});
  EXPECT_EQ(made["info"]["scopes"].string(), "sources:write:a,sources:write:b,repos:read");
  const auto secret = std::string(*made["token"].string());
  EXPECT_THAT(good({"list", "tokens", "-o", "json"}), Not(HasSubstr(secret)));
  const auto guid = std::string(*made["info"]["guid"].string());
  EXPECT_THAT(good({"revoke", "token", "--guid", guid}), HasSubstr(guid));
  EXPECT_EQ(json({"list", "tokens", "--revoked", "no"}).items().size(), 0U);
  EXPECT_EQ(json({"list", "tokens", "--revoked", "yes"}).items().size(), 1U);
  EXPECT_EQ(run({"create", "token", "--scope", "everything:please", "--description", "d"}).code, 1);
  EXPECT_EQ(run({"create", "token", "--scope", "repos:read", "--description", "d", "--expires", "soon"}).code,
            1);
}

}  // namespace
}  // namespace granary::cli
