#include "mirror/import.h"

#include "mirror/mirrors.h"
#include "mirror/testing/index.h"
#include "r/history.h"

namespace granary::mirror {
namespace {

using Strings = std::vector<std::string>;
constexpr Time kDay{std::chrono::sys_days(std::chrono::year(2020) / 1 / 1)};

class ImportTest : public World {
 protected:
  void SetUp() override {
    World::SetUp();
    cran = make_source("cran", model::SourceType::cran);
    mirrors = make_mirrors(parts);
  }
  void go_offline() {
    ASSERT_TRUE(mirrors->change(ctx, "cran", UpstreamChange{.url = std::string(kOffline)}));
  }
  static std::string history(const std::string& version, int day) {
    r::PackageHistory out;
    out.package = "aaa";
    out.versions.push_back(
        {.version = version, .published = kDay + std::chrono::days(day), .stanza = "Package: aaa\n"});
    return r::encode(out);
  }
  ImportedRecord record(const std::string& version, int day) {
    const auto key = "src/contrib/aaa_" + version + ".tar.gz";
    return {cran,
            "src/contrib",
            "aaa",
            history(version, day),
            {{key, "aaa_" + version + ".tar.gz", sha256(as_bytes(version))}}};
  }
  Result<> hold(const std::string& version) {
    const auto source = TRY(mirror_source(parts, ctx, cran));
    return mirrors->hold_imported(ctx, source,
                                  {"src/contrib/aaa_" + version + ".tar.gz", sha256(as_bytes(version)), 3, "",
                                   clock->now(), clock->now()},
                                  0);
  }
  Result<Imported> import(const std::vector<ImportedRecord>& records) {
    return mirrors->import_records(ctx, [&](const EachImported& each) -> Result<> {
      for (const auto& one : records) TRY(each(one));
      return {};
    });
  }
  Strings versions() {
    Strings out;
    EXPECT_TRUE(parts.catalog->read(ctx, [&](catalog::ReadView& view) -> Result<> {
      out.clear();
      const auto found = TRY(view.mirrors().record(cran, "src/contrib", "aaa", std::nullopt));
      if (!found) return {};
      for (const auto& one : TRY(r::decode_history(found->bytes)).versions) out.push_back(one.version);
      return {};
    }));
    return out;
  }

  model::SourceId cran;
  std::unique_ptr<Mirrors> mirrors;
};

TEST_F(ImportTest, ASecondBundleAddsToTheFirst) {
  go_offline();
  ASSERT_TRUE(hold("2.0") && hold("1.0"));
  ASSERT_TRUE(import({record("2.0", 9)}));
  ASSERT_TRUE(import({record("1.0", 1)}));
  EXPECT_EQ(versions(), (Strings{"1.0", "2.0"}));
  ASSERT_TRUE(import({record("1.0", 1)}));
  EXPECT_EQ(versions(), (Strings{"1.0", "2.0"}));
}

TEST_F(ImportTest, NothingIsShownUntilEveryFileIsThere) {
  go_offline();
  ASSERT_TRUE(hold("1.0"));
  auto incomplete = record("1.0", 1);
  incomplete.files.push_back({"src/contrib/aaa_2.0.tar.gz", "aaa_2.0.tar.gz", sha256(as_bytes("2.0"))});
  const auto refused = import({record("1.0", 1), incomplete});
  EXPECT_EQ(refused.error().code(), Errc::not_found);
  EXPECT_NE(refused.error().message().find("aaa_2.0.tar.gz"), std::string::npos);
  EXPECT_EQ(versions(), Strings{});
}

TEST_F(ImportTest, WhatIsNoRecordChangesNothing) {
  go_offline();
  ASSERT_TRUE(hold("1.0"));
  auto damaged = record("1.0", 1);
  damaged.bytes = "rubbish";
  EXPECT_EQ(import({record("1.0", 1), damaged}).error().code(), Errc::corrupt);
  auto elsewhere = record("1.0", 1);
  elsewhere.tree = "../../etc";
  EXPECT_EQ(import({elsewhere}).error().code(), Errc::corrupt);
  EXPECT_EQ(versions(), Strings{});
}

TEST_F(ImportTest, ASourceWithAnUpstreamTakesNothingIn) {
  EXPECT_EQ(hold("1.0").error().code(), Errc::conflict);
  EXPECT_EQ(import({record("1.0", 1)}).error().code(), Errc::conflict);
}

TEST_F(ImportTest, AnOfflineSourceNeverAsksItsUpstream) {
  go_offline();
  ASSERT_TRUE(hold("1.0"));
  ASSERT_TRUE(import({record("1.0", 1)}));
  EXPECT_EQ(mirrors->sync(ctx, cran, [](const Step&) {}).error().code(), Errc::unsupported);
  EXPECT_TRUE(mirrors->want_tree(ctx, cran, "src/contrib"));
  EXPECT_EQ(mirrors->want_tree(ctx, cran, "bin/windows/contrib/4.5").error().code(), Errc::not_found);
  EXPECT_FALSE(mirrors->want_described(ctx, cran, {{"aaa", "1.0"}}, std::nullopt).value());
  model::FileRecord absent;
  absent.source = cran;
  absent.filename = "aaa_3.0.tar.gz";
  absent.origin = model::Origin{{"src/contrib/aaa_3.0.tar.gz"}, "src/contrib/aaa_3.0.tar.gz"};
  EXPECT_EQ(mirrors->open_file(ctx, absent).error().code(), Errc::not_found);
  EXPECT_TRUE(upstream->requests().empty());
  EXPECT_EQ(mirrors->info(ctx, cran)->url, "offline:");
}

}  // namespace
}  // namespace granary::mirror
