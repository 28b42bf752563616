#pragma once
/// A whole little server for the tests of this folder: catalog on SQLite in memory, blobs in memory, a clock
/// that stands still; and packages made on the spot.

#include <gtest/gtest.h>

#include "archive/testing/build_archive.h"
#include "base/testing/fake_clock.h"
#include "base/testing/test_context.h"
#include "blob/memory_store.h"
#include "db/open.h"
#include "ingest/ingest.h"

namespace granary::ingest {

struct Package {
  std::string filename, bytes;
};

inline Package r_package(const std::string& name, const std::string& version, const std::string& extra = "") {
  return {
      name + "_" + version + ".tar.gz",
      archive::build_tar_gz({{.path = name + "/DESCRIPTION",
                              .bytes = "Package: " + name + "\nVersion: " + version + "\nTitle: T\n" + extra},
                             {.path = name + "/R/a.R", .bytes = "f <- function() 1\n"}})};
}

inline std::string metadata(const std::string& name, const std::string& version,
                            const std::string& extra = "") {
  return "Metadata-Version: 2.1\nName: " + name + "\nVersion: " + version + "\n" + extra;
}

/// `stem`: name-version as a wheel's file name spells them.
inline Package wheel(const std::string& stem, const std::string& text,
                     const std::string& module = "x = 1\n") {
  const auto info = stem + ".dist-info/";
  return {stem + "-py3-none-any.whl",
          archive::build_zip({{.path = "module.py", .bytes = module},
                              {.path = info + "METADATA", .bytes = text},
                              {.path = info + "WHEEL", .bytes = "Wheel-Version: 1.0\nTag: py3-none-any\n"},
                              {.path = info + "RECORD", .bytes = ""}})};
}
inline Package simple_wheel(const std::string& name, const std::string& version,
                            const std::string& module = "x = 1\n") {
  return wheel(name + "-" + version, metadata(name, version), module);
}

inline Package sdist(const std::string& name, const std::string& version,
                     const std::string& module = "x = 1\n") {
  const auto stem = name + "-" + version;
  return {stem + ".tar.gz",
          archive::build_tar_gz({{.path = stem + "/PKG-INFO", .bytes = metadata(name, version)},
                                 {.path = stem + "/module.py", .bytes = module}})};
}

class World : public testing::Test {
 protected:
  void SetUp() override {
    auto opened = db::open_sqlite({.path = ":memory:"}, {});
    ASSERT_TRUE(opened);
    database = std::move(*opened);
    ASSERT_TRUE(database->migrate(ctx, catalog::migrations()));
    connect(database, blobs);
    ASSERT_TRUE(ingest->create_source(ctx, "r", model::SourceType::local, "", false));
    ASSERT_TRUE(ingest->create_source(ctx, "py", model::SourceType::local_python, "", false));
  }

  /// A server over the same data, as after a restart.
  void connect(std::shared_ptr<db::Database> through, std::shared_ptr<blob::BlobStore> store) {
    catalog = catalog::make_catalog(std::move(through), clock);
    ingest = make_ingest(catalog, std::move(store), clock, std::chrono::milliseconds(30));
  }

  Result<Published> publish(const std::string& source, const Package& package, bool replace = false) {
    const MemorySource bytes(package.bytes);
    Upload upload;
    upload.filename = package.filename;
    upload.bytes = &bytes;
    return ingest->publish(ctx, source, upload,
                           {.replace = replace, .dry_run = false, .actor = "me", .comment = ""});
  }

  std::vector<model::FileRecord> files(const std::string& source, const std::string& package,
                                       std::int64_t at = 1'000'000) {
    std::vector<model::FileRecord> out;
    const auto read = catalog->read(ctx, [&](catalog::ReadView& view) -> Result<> {
      out = TRY(view.files(TRY(view.find_source(source))->id, {at}, package));
      return {};
    });
    EXPECT_TRUE(read);
    return out;
  }
  std::vector<std::string> filenames(const std::string& source, const std::string& package,
                                     std::int64_t at = 1'000'000) {
    std::vector<std::string> out;
    for (const auto& file : files(source, package, at)) out.push_back(file.filename);
    return out;
  }

  const Context ctx = test_context();
  std::shared_ptr<FakeClock> clock = std::make_shared<FakeClock>();
  std::shared_ptr<db::Database> database;
  std::shared_ptr<blob::MemoryStore> blobs = std::make_shared<blob::MemoryStore>(clock.get());
  std::shared_ptr<catalog::Catalog> catalog;
  std::unique_ptr<Ingest> ingest;
};

using Names = std::vector<std::string>;

}  // namespace granary::ingest
