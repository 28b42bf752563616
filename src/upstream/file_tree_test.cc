#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>

#include "base/file.h"
#include "base/testing/fake_clock.h"
#include "base/testing/test_context.h"
#include "upstream/client.h"

namespace granary::upstream {
namespace {

class FileTreeTest : public testing::Test {
 protected:
  void SetUp() override {
    std::filesystem::create_directories(folder + "/tree/src");
    ASSERT_TRUE(write_file_durably(folder + "/secret", "no"));
    ASSERT_TRUE(write_file_durably(folder + "/tree/src/a b.tar.gz", "0123456789"));
  }
  ~FileTreeTest() override { std::filesystem::remove_all(folder); }

  Result<Answer> get(Get what) {
    return make_client({.url = "file://" + folder + "/tree/"}, std::make_shared<FakeClock>())
        .value()
        ->get(ctx, what);
  }
  static std::string make_folder() {
    std::string path = testing::TempDir() + "tree-XXXXXX";
    return ::mkdtemp(path.data());
  }
  const std::string folder = make_folder();
  const Context ctx = test_context();
};

TEST_F(FileTreeTest, FilesOfTheFolderAreRead) {
  const auto answer = get({.url = "src/a%20b.tar.gz"});
  ASSERT_TRUE(answer);
  EXPECT_EQ(answer->body, "0123456789");
  EXPECT_EQ(answer->size, 10u);
  EXPECT_EQ(get({.url = answer->url})->body, "0123456789");
}

TEST_F(FileTreeTest, AnUnchangedFileIsNotReadAgain) {
  const auto first = get({.url = "src/a%20b.tar.gz"});
  EXPECT_TRUE(get({.url = "src/a%20b.tar.gz", .known = first->validators})->not_modified);
  ASSERT_TRUE(write_file_durably(folder + "/tree/src/a b.tar.gz", "changed"));
  EXPECT_EQ(get({.url = "src/a%20b.tar.gz", .known = first->validators})->body, "changed");
}

TEST_F(FileTreeTest, RangesAndLimitsHold) {
  const auto some = get({.url = "src/a%20b.tar.gz", .range = ByteRange{2, 3}});
  EXPECT_EQ(some->body, "234");
  EXPECT_EQ(some->size, 10u);
  EXPECT_EQ(get({.url = "src/a%20b.tar.gz", .range = ByteRange{8, 99}})->body, "89");
  EXPECT_EQ(get({.url = "src/a%20b.tar.gz", .range = ByteRange{10, 1}}).error().code(), Errc::corrupt);
  EXPECT_EQ(get({.url = "src/a%20b.tar.gz", .limit = 9}).error().code(), Errc::too_large);
}

TEST_F(FileTreeTest, AbsentFilesFoldersAndAbsentTreesAreToldApart) {
  EXPECT_EQ(get({.url = "src/b"}).error().code(), Errc::not_found);
  EXPECT_EQ(get({.url = "src"}).error().code(), Errc::not_found);
  std::filesystem::remove_all(folder + "/tree");
  EXPECT_EQ(get({.url = "src/b"}).error().code(), Errc::unavailable);
}

TEST_F(FileTreeTest, AFolderIsItsIndexOrAListOfWhatIsInIt) {
  EXPECT_EQ(get({.url = "src/"})->body,
            "<!DOCTYPE html><html><body>\n<a href=\"a%20b.tar.gz\">a b.tar.gz</a>\n</body></html>\n");
  EXPECT_NE(get({.url = ""})->body.find("<a href=\"src/\">src/</a>"), std::string::npos);
  ASSERT_TRUE(write_file_durably(folder + "/tree/src/index.html", "html"));
  EXPECT_EQ(get({.url = "src/"})->body, "html");
  ASSERT_TRUE(write_file_durably(folder + "/tree/src/index.json", "json"));
  EXPECT_EQ(get({.url = "src/"})->body, "json");
  EXPECT_EQ(get({.url = "absent/"}).error().code(), Errc::not_found);
}

TEST_F(FileTreeTest, PagesOfAnIndexMayLinkToFilesBesideIt) {
  std::filesystem::create_directories(folder + "/web/simple/foo");
  ASSERT_TRUE(write_file_durably(folder + "/web/files.txt", "beside"));
  const auto client =
      make_client({.url = "file://" + folder + "/web/simple"}, std::make_shared<FakeClock>()).value();
  EXPECT_EQ(client->get(ctx, {.url = "file://" + folder + "/web/files.txt"})->body, "beside");
  EXPECT_EQ(client->get(ctx, {.url = "file://" + folder + "/secret"}).error().code(), Errc::invalid_argument);
}

TEST_F(FileTreeTest, NothingOutsideTheTreeIsRead) {
  for (const auto& url : {std::string("../secret"), std::string("%2e%2e/secret"),
                          "file://" + folder + "/secret", std::string("file:///etc/passwd")})
    EXPECT_EQ(get({.url = url}).error().code(), Errc::invalid_argument) << url;
}

}  // namespace
}  // namespace granary::upstream
