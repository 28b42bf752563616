#include "ingest/public_names.h"

#include "catalog/mirror_keys.h"
#include "ingest/testing/world.h"

namespace granary::ingest {
namespace {

class PublicNamesTest : public World {
 protected:
  void SetUp() override {
    World::SetUp();
    ASSERT_TRUE(catalog->write(ctx, [&](catalog::WriteView& view) -> Result<> {
      model::Source mirror;
      mirror.name = "pypi";
      mirror.type = model::SourceType::pypi;
      const auto id = TRY(view.create_source(mirror));
      const auto in = TRY(view.mirroring().take_number());
      TRY(view.mirroring().set_state(id, catalog::kNamesKnown, "1"));
      return view.mirroring().put_names(id, {{"my-tool", "my_tool", 5}}, in);
    }));
  }
  void repository(const std::string& name, const std::vector<std::string>& sources) {
    model::Repository repository;
    repository.name = name;
    repository.type = model::Ecosystem::python;
    ASSERT_TRUE(ingest->create_repository(ctx, repository, false));
    for (const auto& source : sources) ASSERT_TRUE(ingest->subscribe(ctx, name, source, false));
  }
};

TEST_F(PublicNamesTest, AnUploadOfAPublicNameInAnySpellingIsWarnedOf) {
  const auto got = publish("py", simple_wheel("My.Tool", "1.0")).value();
  ASSERT_EQ(got.warnings.size(), 1U);
  EXPECT_EQ(got.warnings[0],
            "'pypi' has a public package named My.Tool too; a client that asks both may get either");
  EXPECT_EQ(publish("py", simple_wheel("My.Tool", "1.0")).value().warnings, got.warnings);  // there already
  EXPECT_TRUE(publish("py", simple_wheel("quite_other", "1.0")).value().warnings.empty());
}

TEST_F(PublicNamesTest, TheOrderOfSourcesSaysWhoIsServed) {
  repository("all", {"py", "pypi"});
  repository("wrong", {"pypi", "py"});
  repository("apart", {"pypi"});
  const auto got = publish("py", simple_wheel("my_tool", "1.0")).value();
  ASSERT_EQ(got.warnings.size(), 1U);
  EXPECT_EQ(got.warnings[0],
            "'pypi' has a public package named my_tool too; served from 'py' in all; NOT served from 'py' in "
            "wrong, where 'pypi' comes first (granary reorder)");
}

}  // namespace
}  // namespace granary::ingest
