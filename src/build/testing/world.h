#pragma once
/// A database with a source of type git, and git repositories made on the spot.

#include <gtest/gtest.h>

#include <fstream>

#include "base/subprocess.h"
#include "base/testing/fake_clock.h"
#include "base/testing/temporary_folder.h"
#include "base/testing/test_context.h"
#include "build/builders.h"
#include "build/builds.h"
#include "build/credentials.h"
#include "catalog/catalog.h"
#include "db/testing/database_place.h"
#include "jobs/queue.h"

namespace granary::build {

/// Null members when the database's server is missing.
struct World {
  explicit World(db::testing::Kind kind) : place(db::testing::make_place(kind)) {
    if (!place) return;
    database = place->open().value();
    for (const auto list : {catalog::migrations(), jobs::migrations(), migrations()})
      all.insert(all.end(), list.begin(), list.end());
    GRANARY_ASSERT(database->migrate(test_context(), all));
    catalog = catalog::make_catalog(database, clock);
    GRANARY_ASSERT(catalog->write(test_context(), [&](catalog::WriteView& view) -> Result<> {
      model::Source wanted;
      wanted.name = "team-git";
      wanted.type = model::SourceType::git;
      source = TRY(view.create_source(wanted));
      return {};
    }));
    queue = jobs::make_queue(database, clock);
  }

  Builder wanted(const std::string& name, const std::string& url = "file:///srv/pkg") const {
    Builder out;
    out.source = source;
    out.name = name;
    out.url = url;
    return out;
  }

  std::unique_ptr<db::testing::DatabasePlace> place;
  std::shared_ptr<db::Database> database;
  std::vector<db::Migration> all;
  std::shared_ptr<FakeClock> clock = std::make_shared<FakeClock>();
  std::shared_ptr<catalog::Catalog> catalog;
  std::shared_ptr<jobs::Queue> queue;
  model::SourceId source;
};

/// A repository with one commit on main; more by write() and git().
class Repository {
 public:
  explicit Repository(std::string path) : path_(std::move(path)) {
    git({"init", "--quiet", "-b", "main", path_});
  }
  std::string url() const { return "file://" + path_; }
  const std::string& path() const { return path_; }
  void write(const std::string& name, const std::string& text) const {
    std::filesystem::create_directories(std::filesystem::path(path_ + "/" + name).parent_path());
    std::ofstream(path_ + "/" + name) << text;
  }
  /// Everything that is there: the commit.
  std::string commit(const std::string& message) const {
    git({"-C", path_, "add", "--all"});
    git({"-C", path_, "commit", "--quiet", "--allow-empty", "-m", message});
    return git({"-C", path_, "rev-parse", "HEAD"});
  }
  /// Its last line.
  static std::string git(std::vector<std::string> arguments) {
    arguments.insert(arguments.begin(), "git");
    std::string last;
    const auto status = run_command(
        test_context(),
        {.arguments = arguments,
         .environment = {"PATH=/usr/local/bin:/usr/bin:/bin", "HOME=/nonexistent", "GIT_CONFIG_NOSYSTEM=1",
                         "GIT_AUTHOR_NAME=t", "GIT_AUTHOR_EMAIL=t@example.org", "GIT_COMMITTER_NAME=t",
                         "GIT_COMMITTER_EMAIL=t@example.org", "GIT_ALLOW_PROTOCOL=file"},
         .folder = {}},
        [&](std::string_view line) { last = std::string(line); });
    EXPECT_EQ(status.value_or(-1), 0) << last;
    return last;
  }

 private:
  std::string path_;
};

}  // namespace granary::build
