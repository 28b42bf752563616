/// The crash ring of mirrors, as that of ingest: every seam fails at its n-th call, for every n, before the
/// call took effect and after. After each: what is shown is whole, every file that is held has its bytes, and
/// the same work succeeds when the server is opened again.

#include <set>
#include <thread>

#include "base/compress.h"
#include "blob/testing/failing_store.h"
#include "db/testing/failing_database.h"
#include "mirror/describe.h"
#include "mirror/files.h"
#include "mirror/project.h"
#include "mirror/r_source.h"
#include "mirror/sync.h"
#include "mirror/testing/index.h"
#include "r/archive_index.h"
#include "r/history.h"

namespace granary::mirror {
namespace {

constexpr Time kDay{std::chrono::sys_days(std::chrono::year(2020) / 1 / 1)};

enum class Fault : std::uint8_t { database, store, store_answer };

class CrashWorld : public IndexWorld {
 public:
  using IndexWorld::source;
  using World::ctx;

  void TestBody() override {}
  void begin() {
    SetUp();
    cran = make_source("cran", model::SourceType::cran);
    upstream->put("src/contrib/PACKAGES", "Package: aaa\nVersion: 1.1\n\nPackage: bbb\nVersion: 0.1\n");
    upstream->put("src/contrib/Meta/archive.rds",
                  r::archive_rds({{"aaa", {{"aaa/aaa_1.0.tar.gz", 10, kDay}}}}));
    upstream->put("src/contrib/aaa_1.1.tar.gz", gzip("all of it"));
    list({"foo", "gone"}, 1);
    page("foo", {"1.0"});
  }
  void change() {
    upstream->put("src/contrib/PACKAGES", "Package: aaa\nVersion: 1.2\n\nPackage: ccc\nVersion: 1.0\n");
  }
  void fail_at(Fault fault, int n) {
    auto failing = std::make_shared<db::testing::FailingDatabase>(database);
    store_ = std::make_shared<blob::FailingStore>(*blobs, fault == Fault::database ? 0 : n,
                                                  fault == Fault::store_answer);
    parts.catalog = catalog::make_catalog(failing, clock);
    parts.blobs = store_;
    failing->fail_at(fault == Fault::database ? n : 0);
    database_ = failing;
  }
  int calls(Fault fault) const {
    return fault == Fault::database ? static_cast<int>(database_->steps()) : store_->calls();
  }
  void reopen() {
    parts.catalog = catalog::make_catalog(database, clock);
    parts.blobs = blobs;
  }

  Result<> sync_source(model::SourceId id) {
    return done(mirror::sync(parts, ctx, id, [](const Step&) {}));
  }
  Result<> fetch_file() {
    Files files(parts);
    model::FileRecord record;
    record.source = cran;
    record.filename = "aaa_1.1.tar.gz";
    record.origin = model::Origin{{"src/contrib/aaa_1.1.tar.gz"}, "src/contrib/aaa_1.1.tar.gz"};
    auto got = done(files.open(ctx, record));
    while (files.on_the_way() > 0) std::this_thread::yield();
    // The answer does not wait for the store: what counts here is that it is held.
    if (got && !is_held()) return fail(Errc::unavailable, "was not kept");
    return got;
  }
  Result<> fetch_project() {
    Projects projects(parts);
    return projects.want(ctx, source, "foo");
  }
  Result<> describe_all() {
    const auto known = TRY(mirror_source(parts, ctx, cran));
    return done(describe(parts, ctx, known, TRY(list_undescribed(parts, ctx, cran, std::nullopt)), false,
                         [](std::uint64_t) {}));
  }

  /// "aaa 1.0 1.1": packages of the tree with all versions, and names of the index.
  std::string shown() {
    std::string out;
    EXPECT_TRUE(catalog::make_catalog(database, clock)->read(ctx, [&](catalog::ReadView& view) -> Result<> {
      out.clear();
      TRY(view.mirrors().for_each_record(cran, "src/contrib", TRY(view.resolve(cran, model::Latest{})),
                                         [&](const catalog::MirrorRecord& record) -> Result<> {
                                           out += record.package;
                                           for (const auto& one :
                                                TRY(r::decode_history(record.bytes)).versions)
                                             out += ' ' + one.version + (one.stanza.empty() ? "?" : "");
                                           out += '\n';
                                           return {};
                                         }));
      return view.mirrors().for_each_name(source, TRY(view.resolve(source, model::Latest{})),
                                          [&](const catalog::UpstreamName& name) -> Result<> {
                                            out += name.name + '\n';
                                            return {};
                                          });
    }));
    return out;
  }
  bool is_held() {
    bool any = false;
    EXPECT_TRUE(catalog::make_catalog(database, clock)->read(ctx, [&](catalog::ReadView& view) -> Result<> {
      any = !TRY(view.mirrors().held_files(cran, "", 1)).empty();
      return {};
    }));
    return any;
  }
  void expect_files_whole() {
    for (const auto& file : held(cran)) {
      const auto blob = blobs->find(ctx, file.blob);
      ASSERT_TRUE(blob && *blob) << file.key;
      EXPECT_EQ((*blob)->size, file.size);
    }
  }

  model::SourceId cran;

 private:
  template <class T>
  static Result<> done(const Result<T>& got) {
    return got ? Result<>() : tl::unexpected(got.error());
  }
  std::shared_ptr<db::testing::FailingDatabase> database_;
  std::shared_ptr<blob::FailingStore> store_;
};

struct Scenario {
  const char* name;
  std::function<void(CrashWorld&)> given;
  std::function<Result<>(CrashWorld&)> work;
  bool touches_store = false;
};
std::ostream& operator<<(std::ostream& out, const Scenario& scenario) { return out << scenario.name; }

std::vector<Scenario> scenarios() {
  const auto nothing = [](CrashWorld&) {};
  const auto synced = [](CrashWorld& w) { ASSERT_TRUE(w.sync_source(w.cran)); };
  return {{"SyncOfCran", nothing, [](CrashWorld& w) { return w.sync_source(w.cran); }},
          {"SyncAgain",
           [](CrashWorld& w) {
             ASSERT_TRUE(w.sync_source(w.cran));
             w.change();
           },
           [](CrashWorld& w) { return w.sync_source(w.cran); }},
          {"SyncOfNames", nothing, [](CrashWorld& w) { return w.sync_source(w.source); }},
          {"Project", nothing, [](CrashWorld& w) { return w.fetch_project(); }},
          {"Describe", synced, [](CrashWorld& w) { return w.describe_all(); }},
          {"File", synced, [](CrashWorld& w) { return w.fetch_file(); }, true}};
}

class MirrorCrashRing : public testing::TestWithParam<std::tuple<Fault, Scenario>> {};
std::string name_of(const testing::TestParamInfo<std::tuple<Fault, Scenario>>& tested) {
  const auto& [fault, scenario] = tested.param;
  const char* what = fault == Fault::database ? "Database" : fault == Fault::store ? "Store" : "StoreAnswer";
  return std::string(scenario.name) + "When" + what + "Fails";
}
INSTANTIATE_TEST_SUITE_P(Every, MirrorCrashRing,
                         testing::Combine(testing::Values(Fault::database, Fault::store, Fault::store_answer),
                                          testing::ValuesIn(scenarios())),
                         name_of);

TEST_P(MirrorCrashRing, WhatIsShownIsBeforeOrAfterAndTheSameWorkSucceeds) {
  const auto& [fault, scenario] = GetParam();
  std::string before, after;
  {
    CrashWorld world;
    world.begin();
    scenario.given(world);
    before = world.shown();
    ASSERT_TRUE(scenario.work(world));
    after = world.shown();
  }
  int failures = 0;
  for (int n = 1; n < 1000; ++n) {
    SCOPED_TRACE("call " + std::to_string(n));
    CrashWorld world;
    world.begin();
    scenario.given(world);
    world.fail_at(fault, n);
    const auto got = scenario.work(world);
    const bool reached = world.calls(fault) >= n;
    world.reopen();
    if (!reached) {
      ASSERT_TRUE(got) << got.error().message();
      break;
    }
    failures += got ? 0 : 1;
    const auto now = world.shown();
    EXPECT_TRUE(now == before || now == after) << now;
    world.expect_files_whole();
    const auto again = scenario.work(world);
    ASSERT_TRUE(again) << again.error().message();
    EXPECT_EQ(world.shown(), after);
    world.expect_files_whole();
  }
  EXPECT_EQ(failures > 0, fault == Fault::database || scenario.touches_store);
}

}  // namespace
}  // namespace granary::mirror
