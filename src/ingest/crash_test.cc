/// The crash ring: every seam fails at its n-th call, for every n, before the call took effect and after.
/// After each: the server is opened again over the same data, nothing is there in half, and the same request
/// succeeds.

#include "base/hash.h"
#include "blob/testing/blob_testing.h"
#include "blob/testing/failing_store.h"
#include "db/testing/failing_database.h"
#include "ingest/testing/world.h"

namespace granary::ingest {
namespace {

using std::chrono::hours;

/// What is in the way of a request. The n-th of its calls fails.
enum class Fault : std::uint8_t { database, store, store_answer };

/// A request over a given beginning, and what must hold once it was answered with success.
struct Scenario {
  const char* name;
  std::function<void(World&)> given;
  std::function<Result<>(World&)> request;
  std::function<void(World&)> then;
};

std::ostream& operator<<(std::ostream& out, const Scenario& scenario) { return out << scenario.name; }

class CrashWorld : public World {
 public:
  using World::blobs;
  using World::catalog;
  using World::clock;
  using World::ctx;
  using World::filenames;
  using World::files;
  using World::ingest;
  using World::publish;

  void TestBody() override {}
  void begin() { SetUp(); }
  void fail_at(Fault fault, int n) {
    auto failing = std::make_shared<db::testing::FailingDatabase>(database);
    store_ = std::make_shared<blob::FailingStore>(*blobs, fault == Fault::database ? 0 : n,
                                                  fault == Fault::store_answer);
    connect(failing, store_);
    failing->fail_at(fault == Fault::database ? n : 0);
    database_ = failing;
  }
  int calls(Fault fault) const {
    return fault == Fault::database ? static_cast<int>(database_->steps()) : store_->calls();
  }
  void reopen() { connect(database, blobs); }

 private:
  std::shared_ptr<db::testing::FailingDatabase> database_;
  std::shared_ptr<blob::FailingStore> store_;
};

Result<> done(const Result<Published>& got) { return got ? Result<>() : tl::unexpected(got.error()); }
Result<> done(const Result<Changed>& got) { return got ? Result<>() : tl::unexpected(got.error()); }
Result<> done(const Result<Collected>& got) { return got ? Result<>() : tl::unexpected(got.error()); }

CrashWorld& crash(World& world) { return static_cast<CrashWorld&>(world); }

Package old_package() { return r_package("pkg", "1.0"); }
Package new_package() { return r_package("pkg", "1.0", "License: MIT\n"); }
Digest digest_of(const Package& package) { return sha256(as_bytes(package.bytes)); }

std::vector<Scenario> scenarios() {
  const auto with_pkg = [](World& w) { ASSERT_TRUE(crash(w).publish("r", old_package())); };
  const auto with_foo = [](World& w) {
    ASSERT_TRUE(crash(w).publish("py", simple_wheel("foo", "1.0")));
    ASSERT_TRUE(crash(w).publish("py", sdist("foo", "1.0")));
  };
  return {
      {"publish", [](World&) {}, [](World& w) { return done(crash(w).publish("r", old_package())); },
       [](World& w) { EXPECT_EQ(crash(w).files("r", "pkg").at(0).blob, digest_of(old_package())); }},
      {"replace", with_pkg, [](World& w) { return done(crash(w).publish("r", new_package(), true)); },
       [](World& w) {
         ASSERT_EQ(crash(w).files("r", "pkg").size(), 1U);
         EXPECT_EQ(crash(w).files("r", "pkg")[0].blob, digest_of(new_package()));
         EXPECT_EQ(crash(w).files("r", "pkg", 1).at(0).blob, digest_of(old_package()));
       }},
      {"remove", with_pkg,
       [](World& w) {
         auto& c = crash(w);
         auto got = done(c.ingest->remove(c.ctx, "r", {"pkg", "all"}, false, "me", ""));
         // Done, but its answer was lost: asked again, there is nothing left to remove.
         if (!got && got.error().code() == Errc::not_found) return Result<>();
         return got;
       },
       [](World& w) {
         EXPECT_TRUE(crash(w).files("r", "pkg").empty());
         EXPECT_EQ(crash(w).files("r", "pkg", 1).size(), 1U);
       }},
      {"archive", with_pkg,
       [](World& w) { return done(crash(w).ingest->archive(crash(w).ctx, "r", "pkg", "me", "")); },
       [](World& w) {
         ASSERT_EQ(crash(w).files("r", "pkg").size(), 1U);
         EXPECT_TRUE(crash(w).files("r", "pkg")[0].archived);
       }},
      {"yank", with_foo,
       [](World& w) { return done(crash(w).ingest->yank(crash(w).ctx, "py", {"foo", "1.0"}, "bad", "me")); },
       [](World& w) {
         ASSERT_EQ(crash(w).files("py", "foo").size(), 2U);
         for (const auto& file : crash(w).files("py", "foo")) EXPECT_EQ(file.yanked, "bad");
       }},
      {"collect",
       [](World& w) {
         auto& c = crash(w);
         ASSERT_TRUE(c.publish("r", old_package()));
         ASSERT_TRUE(blob::put(*c.blobs, "garbage"));
         ASSERT_TRUE(blob::put(*c.blobs, "more garbage"));
         c.clock->advance(hours(2));
       },
       [](World& w) { return done(crash(w).ingest->collect(crash(w).ctx, false, hours(1), {})); },
       [](World& w) {
         EXPECT_EQ(crash(w).blobs->count(), 1U);
         EXPECT_EQ(crash(w).files("r", "pkg").size(), 1U);
       }},
  };
}

/// Nothing dangles, and no file is there twice or marked in part.
void expect_invariants(CrashWorld& world) {
  const auto verified = world.ingest->verify(world.ctx, {});
  ASSERT_TRUE(verified) << verified.error().message();
  EXPECT_TRUE(verified->problems.empty())
      << verified->problems[0].what << " " << verified->problems[0].filename;
  EXPECT_LE(world.files("r", "pkg").size(), 1U);
  const auto foo = world.files("py", "foo");
  for (const auto& file : foo) EXPECT_EQ(file.yanked, foo.front().yanked);
}

class CrashRing : public testing::TestWithParam<std::tuple<Fault, Scenario>> {};
std::string name_of(const testing::TestParamInfo<std::tuple<Fault, Scenario>>& tested) {
  const auto& [fault, scenario] = tested.param;
  const char* what = fault == Fault::database ? "Database" : fault == Fault::store ? "Store" : "StoreAnswer";
  return std::string(scenario.name) + "When" + what + "Fails";
}
INSTANTIATE_TEST_SUITE_P(Every, CrashRing,
                         testing::Combine(testing::Values(Fault::database, Fault::store, Fault::store_answer),
                                          testing::ValuesIn(scenarios())),
                         name_of);

TEST_P(CrashRing, NothingIsHalfDoneAndTheSameRequestSucceeds) {
  const auto& [fault, scenario] = GetParam();
  int failures = 0;
  for (int n = 1;; ++n) {
    SCOPED_TRACE("call " + std::to_string(n));
    CrashWorld world;
    world.begin();
    scenario.given(world);
    world.fail_at(fault, n);

    const auto got = scenario.request(world);

    const bool reached = world.calls(fault) >= n;
    world.reopen();
    if (!reached) {  // there is no n-th call: every one was tried
      ASSERT_TRUE(got) << got.error().message();
      scenario.then(world);
      break;
    }
    failures += got ? 0 : 1;
    if (!got) {
      EXPECT_EQ(got.error().code(), Errc::unavailable) << got.error().message();
    }
    expect_invariants(world);
    if (got) scenario.then(world);
    const auto again = scenario.request(world);
    ASSERT_TRUE(again) << again.error().message();
    scenario.then(world);
    expect_invariants(world);

    // What the failure left behind is collected, and nothing else.
    world.clock->advance(hours(2));
    ASSERT_TRUE(world.ingest->collect(world.ctx, false, hours(1), {}));
    expect_invariants(world);
    scenario.then(world);
    ASSERT_LT(n, 1000);
  }
  const bool touches_store = std::string_view(scenario.name) == "publish" ||
                             std::string_view(scenario.name) == "replace" ||
                             std::string_view(scenario.name) == "collect";
  EXPECT_EQ(failures > 0, fault == Fault::database || touches_store);
}

}  // namespace
}  // namespace granary::ingest
