#include "mirror/names.h"

#include "mirror/project.h"
#include "mirror/testing/index.h"

namespace granary::mirror {
namespace {

using Strings = std::vector<std::string>;

class NamesTest : public IndexWorld {
 protected:
  Strings names(model::TxNo at) {
    Strings out;
    const auto read = parts.catalog->read(ctx, [&](catalog::ReadView& view) -> Result<> {
      out.clear();
      return view.mirrors().for_each_name(source, at, [&](const catalog::UpstreamName& one) -> Result<> {
        out.push_back(one.name + "=" + std::to_string(one.serial));
        return {};
      });
    });
    EXPECT_TRUE(read);
    return out;
  }
};

TEST_F(NamesTest, AreThoseOfTheListNormalisedEachOnce) {
  list({"Foo.Bar", "foo-bar", "alpha"}, 5);
  const auto synced = sync_now();
  ASSERT_TRUE(synced) << synced.error().message();
  EXPECT_EQ(synced->packages, 2U);
  EXPECT_EQ(names(synced->transaction), (Strings{"alpha=5", "foo-bar=5"}));
  EXPECT_EQ(state(source, "names.serial"), "5");
}

TEST_F(NamesTest, WhatVanishesIsGoneFromThatTransactionOn) {
  list({"alpha", "beta"}, 5);
  const auto first = sync_now();
  page("beta", {"1.0"});
  ASSERT_TRUE(Projects(parts).want(ctx, source, "beta"));
  list({"alpha", "gamma"}, 6);
  const auto second = sync_now();
  ASSERT_TRUE(first && second);
  EXPECT_EQ(second->removed, 1U);
  EXPECT_EQ(names(second->transaction), (Strings{"alpha=6", "gamma=6"}));
  EXPECT_EQ(names(first->transaction).size(), 2U);
  EXPECT_EQ(versions("beta"), Strings{});
}

TEST_F(NamesTest, AListThatDidNotChangeIsNoTransaction) {
  list({"alpha"}, 5);
  ASSERT_TRUE(sync_now());
  const auto again = sync_now();
  ASSERT_TRUE(again);
  EXPECT_EQ(again->transaction.value, 0);
}

TEST_F(NamesTest, AreWrittenInSeveralTransactionsAndShownWithTheLast) {
  Strings many;
  for (int i = 0; i < 45'000; ++i) many.push_back("p" + std::to_string(i));
  list(many, 5);
  const auto synced = sync_now();
  ASSERT_TRUE(synced) << synced.error().message();
  EXPECT_EQ(names(synced->transaction).size(), many.size());
}

TEST_F(NamesTest, AnIndexThatForgetsMostOfItsProjectsIsNotBelieved) {
  Strings many;
  for (int i = 0; i < 300; ++i) many.push_back("p" + std::to_string(i));
  list(many, 5);
  const auto first = sync_now();
  list({"p1"}, 6);
  const auto second = sync_now();
  ASSERT_FALSE(second);
  EXPECT_EQ(second.error().code(), Errc::corrupt);
  EXPECT_EQ(names(first->transaction).size(), many.size());
}

}  // namespace
}  // namespace granary::mirror
