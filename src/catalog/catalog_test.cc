#include "catalog/catalog.h"

#include <gtest/gtest.h>

#include "base/testing/fake_clock.h"
#include "base/testing/test_context.h"
#include "db/open.h"

namespace granary::catalog {
namespace {
TEST(Smoke, AFileThatWasAddedIsFound) {
  std::shared_ptr<db::Database> database = std::move(*db::open_sqlite({.path = ":memory:"}, {}));
  const auto ctx = test_context();
  ASSERT_TRUE(database->migrate(ctx, migrations()));
  ASSERT_TRUE(database->migrate(ctx, migrations()));
  auto catalog = make_catalog(database, std::make_shared<FakeClock>());
  std::int64_t heard = 0;
  database->on_change([&](auto topics) { heard += static_cast<std::int64_t>(topics.size()); });
  model::SourceId id;
  auto r = catalog->write(ctx, [&](WriteView& v) -> Result<> {
    model::Source s;
    s.name = "Team";
    id = TRY(v.create_source(s));
    auto tx = TRY(v.begin_transaction(id, model::TxKind::add, "me", ""));
    model::FileRecord f;
    f.source = id;
    f.package = f.name = "pkg";
    f.version = "1";
    f.filename = "pkg_1.tar.gz";
    f.added_in = tx;
    f.metadata = "x";
    TRY(v.add_file(f));
    return {};
  });
  ASSERT_TRUE(r) << r.error().message() << r.error().notes()[0];
  EXPECT_EQ(heard, 2);
  r = catalog->read(ctx, [&](ReadView& v) -> Result<> {
    EXPECT_EQ(TRY(v.files(id, {1}, "pkg")).size(), 1u);
    EXPECT_EQ(TRY(v.files(id, {0}, "pkg")).size(), 0u);
    EXPECT_EQ(TRY(v.resolve(id, model::Latest{})).value, 1);
    EXPECT_TRUE(TRY(v.find_source("Team")));
    EXPECT_EQ(TRY(v.history(id, "pkg_1.tar.gz")).size(), 1u);
    EXPECT_EQ(TRY(v.find_other_case(id, {1}, "Pkg")), "pkg");
    EXPECT_FALSE(TRY(v.find_other_case(id, {1}, "pkg")));
    EXPECT_FALSE(TRY(v.find_other_case(id, {0}, "Pkg")));
    return v.for_each_file(id, {1}, [&](auto& f) -> Result<> {
      EXPECT_EQ(f.metadata, "x");
      return {};
    });
  });
  ASSERT_TRUE(r) << r.error().message() << r.error().notes()[0];
}
}  // namespace
}  // namespace granary::catalog
