#include "config/value.h"

#include <gtest/gtest.h>

namespace granary::config {
namespace {

TEST(Size, UnitsAreDecimalOrBinaryAndOverflowIsRefused) {
  EXPECT_EQ(parse_size("10"), 10U);
  EXPECT_EQ(parse_size("64KB"), 64'000U);
  EXPECT_EQ(parse_size("64 KiB"), 65'536U);
  EXPECT_EQ(parse_size("16gib"), 16ULL << 30);
  for (const char* bad : {"", "MB", "-1", "1.5GB", "10XB", "99999999999999999999", "9999999TiB", "1 2"})
    EXPECT_FALSE(parse_size(bad)) << bad;
}

TEST(Boolean, IsReadWithoutCase) {
  EXPECT_EQ(parse_boolean("ON"), true);
  EXPECT_EQ(parse_boolean("0"), false);
  EXPECT_FALSE(parse_boolean("maybe"));
}

TEST(SettingsList, EveryDefaultFitsItsTypeAndItsPlace) {
  Settings settings;
  for (const auto& spec : settings_list()) {
    if (spec.target == nullptr) continue;  // assign() aborts when the type in Settings is another
    EXPECT_TRUE(assign(spec, spec.fallback, settings)) << spec.section << "." << spec.key;
  }
}

TEST(SettingsList, NamesAndPlacesAreUniqueAndDescribed) {
  Settings settings;
  const auto all = settings_list();
  for (std::size_t i = 0; i < all.size(); ++i) {
    EXPECT_FALSE(all[i].description.empty());
    EXPECT_EQ(find_setting(all[i].section, all[i].key), &all[i]) << all[i].key;
    if (all[i].target == nullptr) continue;
    for (std::size_t j = i + 1; j < all.size(); ++j) {
      if (all[j].target != nullptr) {
        EXPECT_NE(all[i].target(settings), all[j].target(settings)) << all[i].key;
      }
    }
  }
}

TEST(Assign, AWrongSecretIsNeverShown) {
  Settings settings;
  const auto* spec = find_setting("postgres", "password");
  ASSERT_NE(spec, nullptr);
  ASSERT_TRUE(assign(*spec, "hunter2", settings));
  EXPECT_EQ(settings.postgres.password.value, "hunter2");
}

}  // namespace
}  // namespace granary::config
