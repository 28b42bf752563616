#pragma once
/// A little server with an upstream for the tests of this folder: catalog on SQLite in memory, blobs in
/// memory, a clock that stands still.

#include <gtest/gtest.h>

#include "base/testing/fake_clock.h"
#include "base/testing/test_context.h"
#include "blob/memory_store.h"
#include "db/open.h"
#include "mirror/parts.h"
#include "upstream/testing/fake_upstream.h"

namespace granary::mirror {

/// The same client for every source.
class OneClient final : public Clients {
 public:
  explicit OneClient(std::shared_ptr<upstream::Client> client) : client_(std::move(client)) {}
  Result<std::shared_ptr<upstream::Client>> of(const Context&, const model::Source&) override {
    return client_;
  }

 private:
  const std::shared_ptr<upstream::Client> client_;
};

class World : public testing::Test {
 protected:
  void SetUp() override {
    auto opened = db::open_sqlite({.path = ":memory:"}, {});
    ASSERT_TRUE(opened);
    database = std::move(*opened);
    ASSERT_TRUE(database->migrate(ctx, catalog::migrations()));
    parts.catalog = catalog::make_catalog(database, clock);
    parts.blobs = blobs;
    parts.clock = clock;
    parts.clients = std::make_shared<OneClient>(upstream);
    parts.metrics = &metrics;
    parts.spool = testing::TempDir();
  }

  model::SourceId make_source(const std::string& name, model::SourceType type) {
    model::SourceId id;
    const auto made = parts.catalog->write(ctx, [&](catalog::WriteView& view) -> Result<> {
      model::Source source;
      source.name = name;
      source.type = type;
      id = TRY(view.create_source(source));
      return {};
    });
    EXPECT_TRUE(made);
    return id;
  }
  std::string state(model::SourceId source, const std::string& key) {
    std::string out;
    const auto read = parts.catalog->read(ctx, [&](catalog::ReadView& view) -> Result<> {
      out = TRY(view.mirrors().state(source, key));
      return {};
    });
    EXPECT_TRUE(read);
    return out;
  }
  std::vector<catalog::HeldFile> held(model::SourceId source) {
    std::vector<catalog::HeldFile> out;
    const auto read = parts.catalog->read(ctx, [&](catalog::ReadView& view) -> Result<> {
      out = TRY(view.mirrors().held_files(source, "", 1000));
      return {};
    });
    EXPECT_TRUE(read);
    return out;
  }
  /// The newest first.
  std::vector<model::Transaction> transactions(model::SourceId source) {
    std::vector<model::Transaction> out;
    const auto read = parts.catalog->read(ctx, [&](catalog::ReadView& view) -> Result<> {
      out = TRY(view.transactions(source, {}, 100));
      return {};
    });
    EXPECT_TRUE(read);
    return out;
  }

  const Context ctx = test_context();
  std::shared_ptr<FakeClock> clock = std::make_shared<FakeClock>();
  std::shared_ptr<db::Database> database;
  std::shared_ptr<blob::MemoryStore> blobs = std::make_shared<blob::MemoryStore>(clock.get());
  std::shared_ptr<upstream::FakeUpstream> upstream = std::make_shared<upstream::FakeUpstream>();
  Metrics metrics;
  Parts parts;
};

}  // namespace granary::mirror
