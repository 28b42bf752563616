#include "api/r_handlers.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include "api/r_routes.h"
#include "base/compress.h"
#include "base/hash.h"
#include "blob/memory_store.h"
#include "r/history.h"
#include "r/rds_reader.h"
#include "r/testing/rscript.h"
#include "view/testing/world.h"

namespace granary::api {
namespace {

using http::Response;

std::string body_of(const Response& response) {
  if (const auto* bytes = std::get_if<http::BytesBody>(&response.body)) return *bytes->bytes;
  if (const auto* file = std::get_if<http::FileBody>(&response.body)) {
    std::string out(file->file->size, '\0');
    EXPECT_EQ(pread(file->file->fd.get(), out.data(), out.size(), 0), static_cast<ssize_t>(out.size()));
    return out;
  }
  return {};
}

std::string header_of(const Response& response, std::string_view name) {
  for (const auto& header : response.headers) {
    if (header.name == name) return header.value;
  }
  return {};
}

class RHandlersTest : public ::testing::Test {
 protected:
  RHandlersTest() {
    bind_r(router_, {world_.views, blobs_});
    source_ = world_.source("team");
    repository_ = world_.repository("internal", {source_});
  }

  model::TxNo publish(const std::string& package, const std::string& version, const std::string& more = {},
                      std::optional<model::SourceId> source = {}) {
    const auto bytes = bytes_for(package, version);
    auto writer = blobs_->create(world_.ctx);
    EXPECT_TRUE((*writer)->write(as_bytes(bytes)));
    const auto stored = (*writer)->commit({});
    EXPECT_TRUE(stored);
    return world_.publish(source.value_or(source_), package, version, more, stored->digest, bytes.size());
  }
  static std::string bytes_for(const std::string& package, const std::string& version) {
    return "tarball of " + package + " " + version;
  }

  Response get(const std::string& path, std::vector<http::Header> headers = {}) {
    http::Request request;
    request.target = path;
    request.headers = std::move(headers);
    return router_.dispatch(world_.ctx, request);
  }
  std::string text(const std::string& path) { return body_of(get(path)); }

  view::World world_;
  std::shared_ptr<blob::MemoryStore> blobs_ = std::make_shared<blob::MemoryStore>();
  http::Router router_;
  model::SourceId source_;
  model::RepoId repository_;
};

TEST_F(RHandlersTest, PackagesListsTheNewestOfEach) {
  publish("demo", "1.9");
  publish("demo", "1.10", "Imports: other\n");
  publish("demo", "1.2");
  publish("Another", "0.1");

  EXPECT_EQ(
      text("/internal/latest/src/contrib/PACKAGES"),
      "Package: Another\nVersion: 0.1\nLicense: GPL-3\nMD5sum: " + md5_hex(as_bytes("Another_0.1.tar.gz")) +
          "\nNeedsCompilation: no\n\nPackage: demo\nVersion: 1.10\nImports: other\nLicense: GPL-3\nMD5sum: " +
          md5_hex(as_bytes("demo_1.10.tar.gz")) + "\nNeedsCompilation: no\n");
}

TEST_F(RHandlersTest, PackagesComesInThreeForms) {
  publish("demo", "1.0");
  const auto plain = get("/internal/latest/src/contrib/PACKAGES");
  const auto compressed = get("/internal/latest/src/contrib/PACKAGES.gz");
  const auto rds = get("/internal/latest/src/contrib/PACKAGES.rds");

  EXPECT_EQ(*gunzip(body_of(compressed), 10'000), body_of(plain));
  const auto matrix = r::read_rds(body_of(rds));
  ASSERT_TRUE(matrix);
  EXPECT_EQ(matrix->attribute("dim")->integers()->at(0), 1);
  EXPECT_NE(plain.etag, compressed.etag);
  EXPECT_EQ(header_of(plain, "X-Repository-Type"), "RSPM");
  EXPECT_EQ(header_of(plain, "X-Package-Type"), "source");
  EXPECT_EQ(header_of(plain, "Content-Type"), "text/plain; charset=utf-8");
}

TEST_F(RHandlersTest, PackagesAsTextIsCompressedForWhoAsks) {
  for (int i = 0; i < 20; ++i) publish("demo" + std::to_string(i), "1.0");
  const auto plain = get("/internal/latest/src/contrib/PACKAGES");
  const auto gzipped = get("/internal/latest/src/contrib/PACKAGES", {{"Accept-Encoding", "gzip"}});
  EXPECT_EQ(header_of(gzipped, "Content-Encoding"), "gzip");
  EXPECT_EQ(header_of(plain, "Vary"), "Accept-Encoding");
  EXPECT_EQ(*gunzip(body_of(gzipped), 100'000), body_of(plain));
}

TEST_F(RHandlersTest, AnArchivedVersionIsNoLongerCurrent) {
  publish("demo", "1.0");
  publish("demo", "1.1");
  world_.archive(source_, "demo_1.1.tar.gz");
  EXPECT_NE(text("/internal/latest/src/contrib/PACKAGES").find("Version: 1.0\n"), std::string::npos);

  world_.archive(source_, "demo_1.0.tar.gz");
  EXPECT_EQ(text("/internal/latest/src/contrib/PACKAGES"), "");
  EXPECT_EQ(get("/internal/latest/src/contrib/demo_1.1.tar.gz").status, 200);
  const auto archive = r::read_rds(text("/internal/latest/src/contrib/Meta/archive.rds"));
  ASSERT_TRUE(archive && archive->element("demo"));
  EXPECT_EQ(*archive->element("demo")->attribute("row.names")->strings(),
            (r::RValue::Strings{"demo/demo_1.0.tar.gz", "demo/demo_1.1.tar.gz"}));
}

TEST_F(RHandlersTest, TheArchiveListsOldVersionsOldestFirst) {
  publish("demo", "1.10");
  publish("demo", "1.9");
  publish("demo", "1.2");
  publish("single", "1.0");
  const auto archive = r::read_rds(text("/internal/latest/src/contrib/Meta/archive.rds"));
  ASSERT_TRUE(archive);
  EXPECT_EQ(*archive->attribute("names")->strings(), (r::RValue::Strings{"demo"}));
  EXPECT_EQ(*archive->element("demo")->attribute("row.names")->strings(),
            (r::RValue::Strings{"demo/demo_1.2.tar.gz", "demo/demo_1.9.tar.gz"}));
  const auto current = r::read_rds(text("/internal/latest/src/contrib/Meta/current.rds"));
  ASSERT_TRUE(current);
  EXPECT_EQ(*current->attribute("row.names")->strings(),
            (r::RValue::Strings{"demo_1.10.tar.gz", "single_1.0.tar.gz"}));
}

TEST_F(RHandlersTest, EveryVersionIsServedAtBothPlacesByteForByte) {
  publish("demo", "1.0");
  publish("demo", "1.1");
  for (const std::string version : {"1.0", "1.1"}) {
    for (const std::string folder : {"", "Archive/demo/"}) {
      const auto file = get("/internal/latest/src/contrib/" + folder + "demo_" + version + ".tar.gz");
      EXPECT_EQ(file.status, 200);
      EXPECT_EQ(body_of(file), bytes_for("demo", version));
      EXPECT_EQ(file.etag, '"' + sha256(as_bytes(bytes_for("demo", version))).hex() + '"');
      EXPECT_TRUE(file.ranges && file.last_modified && file.hot);
    }
  }
}

TEST_F(RHandlersTest, WhatIsNotThereIs404AndKept) {
  publish("demo", "1.0");
  for (const auto* path :
       {"demo_9.9.tar.gz", "none_1.0.tar.gz", "junk", "Archive/other/demo_1.0.tar.gz", "Archive/demo/junk"}) {
    const auto response = get("/internal/latest/src/contrib/" + std::string(path));
    EXPECT_EQ(response.status, 404) << path;
    EXPECT_TRUE(response.hot && response.hot->fresh.holds()) << path;
    EXPECT_NE(body_of(response).find("\"hint\""), std::string::npos);
  }
  const auto missing = get("/internal/latest/src/contrib/demo_9.9.tar.gz");
  publish("demo", "9.9");
  EXPECT_FALSE(missing.hot->fresh.holds()) << "an upload ends it";
}

TEST_F(RHandlersTest, WrongRepositoriesAndSnapshotsAre404) {
  world_.repository("py", {}, model::Ecosystem::python);
  EXPECT_EQ(get("/none/latest/src/contrib/PACKAGES").status, 404);
  EXPECT_EQ(get("/internal/2024-02-30/src/contrib/PACKAGES").status, 404);
  EXPECT_EQ(get("/internal/newest/src/contrib/PACKAGES").status, 404);
  EXPECT_EQ(get("/py/latest/src/contrib/PACKAGES").status, 404);
}

TEST_F(RHandlersTest, BytesThatAreLostAreTheServersFault) {
  world_.publish(source_, "lost", "1.0");
  EXPECT_EQ(get("/internal/latest/src/contrib/lost_1.0.tar.gz").status, 500);
}

TEST_F(RHandlersTest, CachesMayKeepWhatIsSettled) {
  const auto number = publish("demo", "1.0");
  const std::string at = "/internal/" + std::to_string(number.value) + "/src/contrib/";
  EXPECT_EQ(header_of(get(at + "demo_1.0.tar.gz"), "Cache-Control"), "public, max-age=31536000, immutable");
  EXPECT_EQ(header_of(get(at + "PACKAGES"), "Cache-Control"), "public, max-age=86400");
  EXPECT_EQ(header_of(get("/internal/latest/src/contrib/demo_1.0.tar.gz"), "Cache-Control"),
            "public, max-age=60");
}

TEST_F(RHandlersTest, OfAnAuthenticatedRepositoryNothingIsKept) {
  publish("demo", "1.0");
  world_.repository("closed", {source_}, model::Ecosystem::r, true);
  for (const auto* path :
       {"PACKAGES", "PACKAGES.gz", "PACKAGES.rds", "demo_1.0.tar.gz", "demo_9.9.tar.gz", ""}) {
    const auto response = get("/closed/latest/src/contrib/" + std::string(path));
    EXPECT_FALSE(response.hot) << path;  // or a token would be good after it was revoked
    EXPECT_EQ(header_of(response, "Cache-Control").find("public"), std::string::npos) << path;
  }
}

TEST_F(RHandlersTest, LinuxTreesAnswerAsSources) {
  publish("demo", "1.0");
  for (const auto& route : kRRoutes) {
    if (!std::string_view(route.spec.name).starts_with("r.linux.")) continue;
    std::string path(route.spec.pattern);
    for (const auto& [name, value] :
         std::vector<std::pair<std::string, std::string>>{{"{repo}", "internal"},
                                                          {"{distro}", "noble"},
                                                          {"{snapshot}", "latest"},
                                                          {"{package}", "demo"},
                                                          {"{file}", "demo_1.0.tar.gz"}}) {
      if (const auto at = path.find(name); at != std::string::npos) path.replace(at, name.size(), value);
    }
    const auto here = get(path);
    path.replace(path.find("__linux__/noble/"), 16, "");
    const auto there = get(path);
    EXPECT_EQ(here.status, there.status) << path;
    EXPECT_EQ(body_of(here), body_of(there)) << path;
  }
}

TEST_F(RHandlersTest, BinaryIndexesAreEmptyAndValid) {
  publish("demo", "1.0");
  for (const auto* tree : {"windows/contrib/4.5", "macosx/contrib/4.2", "macosx/big-sur-arm64/contrib/4.5",
                           "linux/noble-x86_64/contrib/4.6"}) {
    const std::string base = "/internal/latest/bin/" + std::string(tree) + "/";
    EXPECT_EQ(get(base + "PACKAGES").status, 200);
    EXPECT_EQ(*gunzip(text(base + "PACKAGES.gz"), 100), "");
    EXPECT_TRUE(r::read_rds(text(base + "PACKAGES.rds")));
    EXPECT_EQ(get(base + "demo_1.0.zip").status, 404);
  }
  EXPECT_EQ(get("/internal/latest/bin/amiga/contrib/4.5/PACKAGES").status, 404);
  EXPECT_EQ(get("/internal/latest/bin/").status, 404);
}

TEST_F(RHandlersTest, TheFolderIsAPageForPeople) {
  publish("demo", "1.0");
  const auto page = text("/internal/latest/src/contrib/");
  EXPECT_NE(page.find("<a href=\"demo_1.0.tar.gz\">"), std::string::npos);
  const auto redirect = get("/internal/latest/src/contrib?x=1");
  EXPECT_EQ(redirect.status, 301);
  EXPECT_EQ(header_of(redirect, "Location"), "contrib/");
}

TEST_F(RHandlersTest, OneBadRowDoesNotHideTheOthers) {
  model::FileRecord bad;
  bad.source = source_;
  bad.package = bad.name = "bad";
  bad.version = "1.0";
  bad.filename = "bad_1.0.tar.gz";
  bad.metadata = "junk";
  world_.add(bad);
  publish("demo", "1.0");
  EXPECT_EQ(text("/internal/latest/src/contrib/PACKAGES").find("Package: demo"), 0u);
}

/// available.packages() over our three forms, and Meta/ as remotes and renv read it.
constexpr const char* kScript = R"(
root <- paste0("file://", commandArgs(TRUE)[1])
a <- available.packages(paste0(root, "/src/contrib"), filters = c("R_version", "OS_type", "duplicates"))
cat(a[, "Package"], a[, "Version"], "")
con <- gzcon(url(paste0(root, "/src/contrib/Meta/archive.rds"), "rb")); x <- readRDS(con); close(con)
cat(rownames(x$demo), "")
cat(nrow(available.packages(paste0(root, "/bin/windows/contrib/4.5"))))
)";

TEST_F(RHandlersTest, AMirrorListsWhatUpstreamHadOnADayWithItsFolders) {
  const auto cran = world_.source("cran", model::SourceType::cran);
  world_.repository("cran", {cran});
  const auto day = std::chrono::sys_days(std::chrono::year(2024) / 3 / 1);
  r::PackageHistory history;
  history.package = "aaa";
  const auto add = [&](const std::string& version, Time published, const std::string& folder) {
    r::HistoryVersion one;
    one.version = version;
    one.folder = folder;
    one.published = published;
    one.stanza = "Package: aaa\nVersion: " + version + "\nImports: x" + version + "\n";
    history.versions.push_back(one);
  };
  add("1.0", Time(day), "");
  add("0.9", Time(day + std::chrono::days(2)), "4.4.0/Recommended");
  add("1.1", Time(day + std::chrono::days(2)), "");
  ASSERT_TRUE(world_.catalog->write(world_.ctx, [&](catalog::WriteView& view) -> Result<> {
    const auto in = TRY(view.mirroring().begin_sync(cran, model::TxKind::sync, Time(day), "test", ""));
    return view.mirroring().put_record(cran, "src/contrib", "aaa", r::encode(history), in);
  }));

  EXPECT_EQ(text("/cran/2024-03-01/src/contrib/PACKAGES"), "Package: aaa\nVersion: 1.0\nImports: x1.0\n");
  EXPECT_EQ(text("/cran/2024-02-29/src/contrib/PACKAGES"), "");
  EXPECT_EQ(text("/cran/latest/src/contrib/PACKAGES"),
            "Package: aaa\nVersion: 1.1\nImports: x1.1\n\n"
            "Package: aaa\nVersion: 0.9\nImports: x0.9\nPath: 4.4.0/Recommended\n");
  const auto archive = r::read_rds(text("/cran/latest/src/contrib/Meta/archive.rds"));
  ASSERT_TRUE(archive);
  const auto* files = archive->element("aaa");
  ASSERT_NE(files, nullptr);
  EXPECT_EQ(*files->attribute("row.names")->strings(), (r::RValue::Strings{"aaa/aaa_1.0.tar.gz"}));
  EXPECT_EQ(get("/cran/latest/src/contrib/4.4.0/Recommended/aaa_0.8.tar.gz").status, 404);
  EXPECT_EQ(get("/cran/latest/src/contrib/../aaa_0.9.tar.gz").status, 400);
}

TEST_F(RHandlersTest, RUnderstandsWhatIsServed) {
  publish("demo", "1.0");
  publish("demo", "1.1", "Depends: R (>= 3.0)\n");
  publish("future", "1.0", "Depends: R (>= 99.0)\n");
  const r::ScratchFolder folder;
  for (const std::string path :
       {"src/contrib/PACKAGES", "src/contrib/PACKAGES.gz", "src/contrib/PACKAGES.rds",
        "src/contrib/Meta/archive.rds", "bin/windows/contrib/4.5/PACKAGES.rds"})
    folder.write(path, text("/internal/latest/" + path));

  const auto seen = r::run_rscript(kScript, {folder.path()});

  if (seen) {
    EXPECT_EQ(*seen, "demo 1.1 demo/demo_1.0.tar.gz 0");
  }
}

}  // namespace
}  // namespace granary::api
