#include "base/file.h"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <filesystem>

#include "base/growing_file.h"

namespace granary {
namespace {

class FileTest : public testing::Test {
 protected:
  FileTest() {
    std::string name = testing::TempDir() + "granary.XXXXXX";
    folder = ::mkdtemp(name.data());
  }
  ~FileTest() override { std::filesystem::remove_all(folder); }
  std::string folder;
};

TEST_F(FileTest, DurableWriteIsWhole) {
  ASSERT_TRUE(write_file_durably(folder + "/a", "hello"));
  ASSERT_TRUE(write_file_durably(folder + "/a", "other"));
  EXPECT_EQ(read_file(folder + "/a").value(), "other");
  EXPECT_EQ(std::distance(std::filesystem::directory_iterator(folder), {}), 1);
}

TEST_F(FileTest, MissingFileIsNotFoundAndLongFileIsTooLarge) {
  EXPECT_EQ(read_file(folder + "/none").error().code(), Errc::not_found);
  ASSERT_TRUE(write_file_durably(folder + "/a", "hello"));
  EXPECT_EQ(read_file(folder + "/a", 4).error().code(), Errc::too_large);
}

TEST_F(FileTest, GrowingFileWakesItsReaders) {
  GrowingFile file(anonymous_file(folder).value(), std::nullopt);
  int woken = 0;
  const auto id = file.subscribe([&] { ++woken; });
  ASSERT_TRUE(file.append(as_bytes("abc")));
  EXPECT_EQ(file.state().size, 3u);
  file.finish();
  EXPECT_EQ(woken, 2);
  file.unsubscribe(id);
  EXPECT_TRUE(file.state().finished);
}

}  // namespace
}  // namespace granary
