#include "python/project_record.h"

#include <gtest/gtest.h>

#include "base/compress.h"
#include "base/hash.h"

namespace granary::python {
namespace {

Project sample(int files) {
  Project project;
  project.shown = "Foo.Bar";
  project.serial = 123'456'789;
  project.etag = "\"abc\"";
  project.status = ProjectStatus::archived;
  project.status_reason = "no longer needed";
  for (int i = 0; i < files; ++i) {
    UpstreamFile file;
    file.version = "1." + std::to_string(i / 2);
    file.wheel = i % 2 == 0;
    file.filename = "foo_bar-" + file.version + (file.wheel ? "-py3-none-any.whl" : ".tar.gz");
    file.url =
        "https://files.example/packages/" + sha256(as_bytes(file.filename)).hex() + "/" + file.filename;
    file.sha256 = sha256(as_bytes(file.filename));
    if (i % 3 == 0) file.md5 = md5_hex(as_bytes(file.filename));
    file.size = 1000 + i;
    file.uploaded_at = Time(std::chrono::microseconds(1'700'000'000'000'000 + i * 777'777));
    if (i % 5 == 0) file.gone = Time(std::chrono::microseconds(1'800'000'000'000'000));
    if (i % 7 == 0) file.appeared = Time(std::chrono::microseconds(-5));
    file.requires_python = i < files / 2 ? ">=3.8" : ">=3.9";
    if (i % 4 == 0) file.yanked = i % 8 == 0 ? "" : "broken";
    file.has_metadata = file.wheel;
    if (file.wheel) file.metadata_sha256 = sha256(as_bytes(file.version));
    if (i % 6 == 0) file.provenance = "https://index.example/integrity/foo/" + file.filename + "/provenance";
    project.files.push_back(std::move(file));
  }
  return project;
}

TEST(ProjectRecord, ComesBackAsItWas) {
  for (const int files : {0, 1, 2, 500}) {
    const auto project = sample(files);
    const auto back = decode_project(encode(project));
    ASSERT_TRUE(back) << back.error().message();
    EXPECT_EQ(*back, project);
  }
}

TEST(ProjectRecord, APageShowsWhatWasThereOnItsDay) {
  const auto project = sample(500);
  const auto record = encode(project);
  const auto moment = [](std::int64_t n) { return std::optional(Time(std::chrono::microseconds(n))); };
  for (const auto until : {std::optional<Time>(), moment(0), moment(1'700'000'100'000'000),
                           moment(1'800'000'000'000'000), moment(1'900'000'000'000'000)}) {
    auto shown = shown_project(record, until);
    ASSERT_TRUE(shown) << shown.error().message();
    EXPECT_EQ(shown->shown, project.shown);
    EXPECT_EQ(shown->serial, project.serial);
    EXPECT_EQ(shown->status, project.status);
    EXPECT_EQ(shown->status_reason, project.status_reason);
    std::size_t next = 0;
    for (const auto& file : project.files) {
      if (!file.visible(until)) continue;
      ASSERT_LT(next, shown->files.size());
      const auto& page = shown->files[next++];
      EXPECT_EQ(page.filename, file.filename);
      EXPECT_EQ(page.version, file.version);
      EXPECT_EQ(as_text(page.sha256), as_text(file.sha256->bytes));
      EXPECT_EQ(page.md5, file.md5);
      EXPECT_EQ(page.size, file.size);
      EXPECT_EQ(page.uploaded_at, file.uploaded_at);
      EXPECT_EQ(page.requires_python, file.requires_python);
      EXPECT_EQ(page.yanked, file.yanked);
      EXPECT_EQ(as_text(page.metadata_sha256),
                file.metadata_sha256 ? as_text(file.metadata_sha256->bytes) : std::string_view());
      EXPECT_EQ(page.provenance, !file.provenance.empty());
    }
    EXPECT_EQ(next, shown->files.size());
  }
}

TEST(ProjectRecord, IsNotMuchLargerThanItsHashes) {
  const auto size = encode(sample(2000)).size();
  EXPECT_LT(size, 2000U * (32 + 32 + 32 + 8 + 16));
}

TEST(ProjectRecord, WhatIsDamagedIsAnError) {
  const auto record = encode(sample(50));
  EXPECT_FALSE(decode_project(""));
  EXPECT_FALSE(shown_project(record.substr(0, record.size() / 2), std::nullopt));
  EXPECT_FALSE(decode_project("\x02" + record.substr(1)));
  for (std::size_t cut = 0; cut < record.size(); cut += 97)
    EXPECT_FALSE(decode_project(record.substr(0, cut)));
}

TEST(ProjectRecord, AnyByteOfTheInsideMayBeWrongWithoutACrash) {
  const auto record = encode(sample(20));
  auto inside = unzstd(std::string_view(record).substr(1), 1 << 20);
  ASSERT_TRUE(inside);
  int refused = 0;
  for (std::size_t i = 0; i < inside->size(); ++i) {
    auto damaged = *inside;
    damaged[i] = static_cast<char>(damaged[i] ^ 0xFF);
    if (!decode_project(std::string(1, '\x01') + zstd(damaged))) ++refused;
  }
  EXPECT_GT(refused, 0);
}

}  // namespace
}  // namespace granary::python
