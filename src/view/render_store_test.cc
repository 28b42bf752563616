#include "view/render_store.h"

#include <gtest/gtest.h>

#include "base/hash.h"
#include "base/log.h"
#include "base/testing/eventually.h"
#include "base/testing/fake_clock.h"
#include "base/testing/test_context.h"
#include "blob/memory_derived.h"
#include "view/render.h"
#include "view/testing/world.h"

namespace granary::view {
namespace {

const Digest kName = sha256(as_bytes("name"));

std::string text_of(const Rendered& rendered) { return *rendered.identity(); }

TEST(RenderStorePack, ABodyComesBackWithAllItsForms) {
  for (const std::string& body : {std::string("short"), std::string(50'000, 'x'), std::string()}) {
    for (const bool compressible : {true, false}) {
      const auto before = Rendered(body, compressible);
      const auto after = unpack(pack(before, kName), kName).value();
      EXPECT_EQ(*after.identity(), body);
      EXPECT_EQ(after.etag(), before.etag());
      EXPECT_EQ(after.compressible(), compressible);
      ASSERT_EQ(after.gzip() != nullptr, before.gzip() != nullptr);
      ASSERT_EQ(after.zstd() != nullptr, before.zstd() != nullptr);
      if (before.gzip()) {
        EXPECT_EQ(*after.gzip(), *before.gzip());
      }
      if (before.zstd()) {
        EXPECT_EQ(*after.zstd(), *before.zstd());
      }
    }
  }
}

TEST(RenderStorePack, OneDamagedByteIsNoticedAndSoIsAnotherName) {
  const auto packed = pack(Rendered(std::string(300, 'x') + "y", true), kName);
  for (std::size_t at = 0; at < packed.size(); ++at) {
    auto damaged = packed;
    damaged[at] = static_cast<char>(damaged[at] ^ 1);
    EXPECT_FALSE(unpack(damaged, kName)) << at;
    EXPECT_FALSE(unpack(packed.substr(0, at), kName)) << at;
  }
  EXPECT_FALSE(unpack(packed + "x", kName));
  EXPECT_FALSE(unpack(packed, sha256(as_bytes("another"))));
}

class RenderStoreTest : public testing::Test {
 protected:
  /// A node that has just started.
  std::unique_ptr<RenderStore> node(std::chrono::milliseconds worth = std::chrono::milliseconds(0),
                                    std::chrono::milliseconds delay = std::chrono::milliseconds(1)) {
    RenderStoreOptions options;
    options.renderer = renderer;
    options.worth = worth;
    options.delay = delay;
    options.most_bytes = 20'000;
    return std::make_unique<RenderStore>(derived, clock, Logger(), options);
  }
  std::string ask(RenderStore& store, const std::string& made_of, const std::string& body,
                  bool lasts = true) {
    std::optional<Digest> worth_keeping;
    auto got = store.rendered(
        test_context(), "slot", [&] { return Result<std::string>(made_of); },
        [&](bool& lasting) -> Result<Rendered> {
          ++renderings;
          lasting = lasts;
          return Rendered(body, true);
        },
        worth_keeping);
    if (!got) return got.error().message();
    const auto rendered = std::make_shared<const Rendered>(std::move(*got));
    if (worth_keeping) store.keep("slot", *worth_keeping, rendered);
    return text_of(*rendered);
  }
  void wait_for(std::size_t count) {
    ASSERT_TRUE(eventually([&] { return derived->all().size() == count; })) << derived->all().size();
  }

  std::shared_ptr<FakeClock> clock = std::make_shared<FakeClock>();
  std::shared_ptr<blob::MemoryDerived> derived = std::make_shared<blob::MemoryDerived>(clock.get());
  std::string renderer = "1";
  int renderings = 0;
};

TEST_F(RenderStoreTest, WhatOneNodeRenderedAnotherOneFinds) {
  // A node that ends before: what waits is not written.
  EXPECT_EQ(ask(*node(std::chrono::milliseconds(0), std::chrono::hours(1)), "a", "body"), "body");
  const auto first = node();
  EXPECT_EQ(ask(*first, "a", "body"), "body");
  wait_for(1);
  EXPECT_EQ(renderings, 2);
  EXPECT_EQ(ask(*node(), "a", "another"), "body");
  EXPECT_EQ(renderings, 2);
}

TEST_F(RenderStoreTest, WhatIsMadeOfSomethingElseOrByAnotherProgramIsRendered) {
  const auto first = node();
  ask(*first, "a", "body");
  wait_for(1);
  EXPECT_EQ(ask(*node(), "b", "other"), "other");
  renderer = "2";
  EXPECT_EQ(ask(*node(), "a", "newer"), "newer");
}

TEST_F(RenderStoreTest, WhatDoesNotLastIsNotKept) {
  const auto first = node();
  ask(*first, "a", "passing", false);
  ask(*first, "b", "lasting");
  wait_for(1);
  EXPECT_EQ(ask(*node(), "a", "body"), "body");
}

TEST_F(RenderStoreTest, WhatIsRenderedQuicklyIsNotKeptAndNotLookedForAgain) {
  const auto store = node(std::chrono::hours(1));
  ask(*store, "a", "one");
  const int calls = derived->calls();
  EXPECT_EQ(calls, 1);
  ask(*store, "b", "two");
  EXPECT_EQ(derived->calls(), calls);
  EXPECT_TRUE(derived->all().empty());
}

TEST_F(RenderStoreTest, WhatIsDamagedIsRenderedAndWrittenAnew) {
  const auto first = node();
  ask(*first, "a", "body");
  wait_for(1);
  const auto [name, bytes] = *derived->all().begin();
  ASSERT_TRUE(derived->put(test_context(), name, "damaged " + bytes));
  const auto second = node();
  EXPECT_EQ(ask(*second, "a", "body"), "body");
  EXPECT_EQ(renderings, 2);
  EXPECT_TRUE(eventually([&, whole = bytes] {
    const auto all = derived->all();
    return !all.empty() && all.begin()->second == whole;
  }));
}

TEST_F(RenderStoreTest, WhatIsLargeIsKeptHoweverQuicklyItWasRendered) {
  const auto first = node(std::chrono::hours(1));
  const std::string body(2 << 20, 'x');
  EXPECT_EQ(ask(*first, "a", body), body);
  wait_for(1);
  EXPECT_EQ(ask(*node(), "a", "another"), body);
}

TEST_F(RenderStoreTest, AStoreThatIsAwayIsNotAskedEachTime) {
  derived->set_down(true);
  const auto store = node();
  EXPECT_EQ(ask(*store, "a", "one"), "one");
  EXPECT_EQ(ask(*store, "b", "two"), "two");
  EXPECT_EQ(ask(*store, "c", "three"), "three");
  EXPECT_EQ(renderings, 3);
  EXPECT_LE(derived->calls(), 1 + 3) << "one reading, and a writing of each";
}

TEST_F(RenderStoreTest, WhatIsKeptStaysBelowItsBound) {
  const auto store = node();
  for (int i = 0; i < 40; ++i) {
    std::string body;  // nothing that could be packed
    for (int k = 0; k < 30; ++k) body += sha256(as_bytes(std::to_string(i * 100 + k))).hex();
    ask(*store, std::to_string(i), body);
    const auto there = [&] {
      for (const auto& [name, bytes] : derived->all())
        if (*unpack(bytes, name)->identity() == body) return true;
      return false;
    };
    ASSERT_TRUE(eventually(there)) << i;
    std::size_t all = 0;
    for (const auto& [name, bytes] : derived->all()) all += bytes.size();
    EXPECT_LE(all, 20'000u + 2'500u);
    clock->advance(std::chrono::minutes(1));
  }
}

/// The index of a repository with one package, as a node that has just started shows it.
std::string index_of(World& world, const std::shared_ptr<RenderStore>& store, const std::string& body) {
  const auto views = make_views(world.catalog, *world.database, world.clock, 1 << 20, nullptr, store);
  const auto snapshot = views->resolve(world.ctx, "repo", model::Latest{}).value();
  const auto made =
      views->rendered_index(world.ctx, snapshot, "index", true, [&] { return Result<Index>(Index{body}); });
  return made ? *(*made)->identity() : made.error().message();
}

TEST_F(RenderStoreTest, NodesOfOneDatabaseShareIndexesAndThoseOfAnotherDoNot) {
  World one, other;
  other.clock->advance(std::chrono::hours(1));
  for (auto* world : {&one, &other}) {
    const auto source = world->source("source");
    world->repository("repo", {source});
    world->publish(source, "demo", "1.0");
  }
  EXPECT_EQ(one.resolve("repo").fingerprint, other.resolve("repo").fingerprint) << "as after a restore";
  const std::shared_ptr<RenderStore> store = node();
  EXPECT_EQ(index_of(one, store, "first"), "first");
  wait_for(1);
  EXPECT_EQ(index_of(one, store, "second"), "first");
  EXPECT_EQ(index_of(other, store, "third"), "third");
  one.publish(one.resolve("repo").pins.front().source, "demo", "1.1");
  EXPECT_EQ(index_of(one, store, "fourth"), "fourth");
}

}  // namespace
}  // namespace granary::view
