#include "catalog/named.h"

#include <gtest/gtest.h>

#include "base/testing/fake_clock.h"
#include "base/testing/test_context.h"
#include "db/testing/database_place.h"

namespace granary::catalog {
namespace {

class Named : public ::testing::Test {
 protected:
  void SetUp() override {
    ASSERT_TRUE(database->migrate(ctx, migrations()));
    ASSERT_TRUE(catalog->write(ctx, [&](WriteView& view) -> Result<> {
      model::Source source;
      source.name = "team";
      source.type = model::SourceType::local;
      id = TRY(view.create_source(source));
      TRY(view.create_repository({.id = {}, .name = "prod", .description = "", .sources = {}}));
      return {};
    }));
  }
  /// What `look` gives over a view.
  template <class Look>
  auto read(Look look) {
    std::invoke_result_t<Look, ReadView&> found;
    EXPECT_TRUE(catalog->read(ctx, [&](ReadView& view) -> Result<> {
      found = look(view);
      return {};
    }));
    return found;
  }

  Context ctx = test_context();
  std::unique_ptr<db::testing::DatabasePlace> place =
      db::testing::make_place(db::testing::Kind::sqlite_memory);
  std::shared_ptr<db::Database> database = place->open().value();
  std::shared_ptr<Catalog> catalog = make_catalog(database, std::make_shared<FakeClock>());
  model::SourceId id;
};

TEST_F(Named, IsFoundByNameAndById) {
  EXPECT_EQ(source_named(*catalog, ctx, "team").value().id, id);
  EXPECT_EQ(source_named(*catalog, ctx, std::to_string(id.value)).value().name, "team");
  EXPECT_EQ(read([](ReadView& view) { return repository_named(view, "prod"); }).value().name, "prod");
}

TEST_F(Named, WhatIsNotThereIsSaidInOneLineWithWhatToDo) {
  const auto none = source_named(*catalog, ctx, "te\nam" + std::string(1000, 'x'));
  ASSERT_FALSE(none);
  EXPECT_EQ(none.error().code(), Errc::not_found);
  EXPECT_EQ(none.error().message(), "no source named 'te am" + std::string(75, 'x') + "'");
  EXPECT_EQ(none.error().hint(), "list them with: granary list sources, or GET /__api__/sources");
  const auto nowhere = read([](ReadView& view) { return repository_named(view, "team"); });
  ASSERT_FALSE(nowhere);
  EXPECT_EQ(nowhere.error().code(), Errc::not_found);
  EXPECT_EQ(nowhere.error().message(), "no repository named 'team'");
}

TEST_F(Named, OneThatIsThereIsTakenWhenItsTypeIsRight) {
  using model::Ecosystem, model::SourceType;
  EXPECT_TRUE(
      read([](ReadView& view) { return source_of_type(view, "team", SourceType::local); })->has_value());
  EXPECT_FALSE(
      read([](ReadView& view) { return source_of_type(view, "new", SourceType::local); })->has_value());
  const auto other = read([](ReadView& view) { return source_of_type(view, "team", SourceType::cran); });
  ASSERT_FALSE(other);
  EXPECT_EQ(other.error().code(), Errc::conflict);
  EXPECT_EQ(other.error().message(), "the source 'team' exists already, of type local");
  const auto python =
      read([](ReadView& view) { return repository_of_type(view, "prod", Ecosystem::python); });
  ASSERT_FALSE(python);
  EXPECT_EQ(python.error().message(), "the repository 'prod' exists already, of type r");
}

}  // namespace
}  // namespace granary::catalog
