#include "model/types.h"

#include <gtest/gtest.h>

namespace granary::model {
namespace {
using namespace std::chrono_literals;

TEST(Types, SnapshotSegments) {
  EXPECT_EQ(parse_snapshot("latest"), SnapshotRef(Latest{}));
  EXPECT_EQ(parse_snapshot("2024-05-01"), SnapshotRef(AsOf{std::chrono::sys_days(2024y / 5 / 1)}));
  EXPECT_EQ(parse_snapshot("17"), SnapshotRef(TxNo{17}));
  EXPECT_EQ(parse_snapshot("0"), std::nullopt);
  EXPECT_EQ(parse_snapshot("Latest"), std::nullopt);
  EXPECT_EQ(parse_snapshot("2024-02-30"), std::nullopt);
  EXPECT_EQ(parse_snapshot("99999999999999999999"), std::nullopt);
}

TEST(Types, NamesThatWouldBreakUrlsAreRefused) {
  EXPECT_TRUE(check_name("team-r.2"));
  for (const char* bad : {"", "a/b", "..", "-x", "123", "__api__", "upload", "a b", "ä"})
    EXPECT_FALSE(check_name(bad)) << bad;
}

TEST(Types, EnumsAreReadBackFromTheirNames) {
  EXPECT_EQ(parse_source_type(name_of(SourceType::local_python)), SourceType::local_python);
  for (const auto type : {SourceType::git, SourceType::git_python}) {
    EXPECT_EQ(parse_source_type(name_of(type)), type);
    EXPECT_TRUE(is_own(type) && is_built(type) && !is_mirror(type));
  }
  EXPECT_EQ(ecosystem_of(SourceType::git_python), Ecosystem::python);
  EXPECT_EQ(parse_tx_kind(name_of(TxKind::unyank)), TxKind::unyank);
  EXPECT_EQ(parse_file_kind("bdist_wheel"), FileKind::wheel);
  EXPECT_EQ(parse_ecosystem("ruby"), std::nullopt);
}

}  // namespace
}  // namespace granary::model
