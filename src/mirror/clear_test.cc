#include "mirror/clear.h"

#include "catalog/mirror_keys.h"
#include "mirror/mirrors.h"
#include "mirror/testing/index.h"

namespace granary::mirror {
namespace {

using Strings = std::vector<std::string>;

class ClearTest : public IndexWorld {
 protected:
  void SetUp() override {
    IndexWorld::SetUp();
    cran = make_source("cran", model::SourceType::cran);
    upstream->put("src/contrib/PACKAGES", "Package: aaa\nVersion: 1.0\n");
    upstream->put("bin/windows/contrib/4.5/PACKAGES", "Package: aaa\nVersion: 1.0\n");
    mirrors = make_mirrors(parts);
    // As another node does, and this one.
    database->on_change([this](std::span<const std::int64_t> topics) { mirrors->heard(topics); });
  }
  void TearDown() override { mirrors.reset(); }
  std::size_t records(model::SourceId of, const std::string& tree) {
    std::size_t count = 0;
    EXPECT_TRUE(parts.catalog->read(ctx, [&](catalog::ReadView& view) -> Result<> {
      count = 0;
      return view.mirrors().for_each_record(of, tree, model::TxNo{INT64_MAX - 1},
                                            [&](const catalog::MirrorRecord&) -> Result<> {
                                              ++count;
                                              return {};
                                            });
    }));
    return count;
  }
  static void quietly(const Step&) {}

  model::SourceId cran;
  std::unique_ptr<Mirrors> mirrors;
};

TEST_F(ClearTest, ATreeThatWasAskedForIsFetchedAgain) {
  const std::string tree = "bin/windows/contrib/4.5";
  ASSERT_TRUE(mirrors->want_tree(ctx, cran, tree));
  ASSERT_TRUE(mirrors->clear(ctx, cran));
  EXPECT_EQ(records(cran, tree), 0u);
  ASSERT_TRUE(mirrors->want_tree(ctx, cran, tree));
  EXPECT_EQ(records(cran, tree), 1u);
}

TEST_F(ClearTest, AProjectThatWasAskedForIsFetchedAgainAndThoseOfOthersAreNot) {
  page("foo", {"1.0"});
  ASSERT_TRUE(mirrors->want_project(ctx, source, "foo"));
  ASSERT_TRUE(mirrors->clear(ctx, cran));
  ASSERT_TRUE(mirrors->want_project(ctx, source, "foo"));
  EXPECT_EQ(upstream->count("foo/"), 1u);
  ASSERT_TRUE(mirrors->clear(ctx, source));
  EXPECT_EQ(versions("foo"), Strings{});
  ASSERT_TRUE(mirrors->want_project(ctx, source, "foo"));
  EXPECT_EQ(versions("foo"), (Strings{"1.0"}));
}

TEST_F(ClearTest, ASynchronisationThatComparedWithWhatIsGoneWritesNothing) {
  ASSERT_TRUE(mirrors->sync(ctx, cran, quietly));
  upstream->put("src/contrib/PACKAGES", "Package: aaa\nVersion: 1.0\n\nPackage: bbb\nVersion: 1.0\n");
  const auto synced = mirrors->sync(ctx, cran, [&](const Step& step) {
    if (!step.doing.starts_with("writing") || step.done != 0) return;
    ASSERT_TRUE(clear(parts, ctx, cran));
  });
  EXPECT_EQ(synced.error().code(), Errc::conflict);
  EXPECT_EQ(records(cran, "src/contrib"), 0u);
  ASSERT_TRUE(mirrors->sync(ctx, cran, quietly));
  EXPECT_EQ(records(cran, "src/contrib"), 2u);
}

TEST_F(ClearTest, ClearingIsATransactionSoThatNothingRenderedIsShownOn) {
  ASSERT_TRUE(mirrors->sync(ctx, cran, quietly));
  const auto last = [&] {
    model::TxNo number;
    EXPECT_TRUE(parts.catalog->read(ctx, [&](catalog::ReadView& view) -> Result<> {
      number = TRY(view.mirrors().last_affecting(cran, Time{} + std::chrono::hours(1)));
      return {};
    }));
    return number.value;
  };
  const auto before = last();
  ASSERT_TRUE(mirrors->clear(ctx, cran));
  EXPECT_GT(last(), before);
}

}  // namespace
}  // namespace granary::mirror
