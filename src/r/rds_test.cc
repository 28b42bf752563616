#include <gtest/gtest.h>

#include <cstring>

#include "base/compress.h"
#include "base/file.h"
#include "r/rds_reader.h"
#include "r/rds_writer.h"
#include "r/testing/rscript.h"

namespace granary::r {
namespace {

std::string golden(const std::string& name) {
  auto bytes = read_file(GRANARY_SOURCE_DIR "/src/r/testdata/" + name);
  if (!bytes) ADD_FAILURE() << bytes.error().message();
  return bytes.value_or("");
}

std::string example(RdsVersion version) {
  RdsWriter out(version);
  out.begin_list(7, RdsWriter::kAttributed);
  out.begin_strings(3);
  out.string("plain");
  out.string("caf\xc3\xa9");
  out.na_string();
  out.begin_integers(2);
  out.integer(-1);
  out.integer(RdsWriter::kNaInteger);
  out.begin_logicals(2);
  out.integer(1);
  out.integer(0);
  out.begin_doubles(2);
  out.number(0.1);
  out.number(-1e300);
  out.null();
  out.begin_list(1, RdsWriter::kAttributed);
  out.begin_strings(0);
  out.attribute("names");
  const std::string_view inner[] = {"x"};
  out.strings(inner);
  out.end_attributes();
  out.begin_strings(1);
  out.string("bad \xe9 byte");
  out.attribute("names");
  const std::string_view names[] = {"s", "i", "l", "d", "n", "list", "bad"};
  out.strings(names);
  out.end_attributes();
  return std::move(out).take();
}

constexpr const char* kSameInR = R"(
x <- readRDS(commandArgs(TRUE)[1])
y <- list(s = c("plain", "caf\u00e9", NA), i = c(-1L, NA), l = c(TRUE, FALSE), d = c(0.1, -1e300), n = NULL,
          list = list(x = character(0)), bad = "bad <e9> byte")
cat(identical(x, y)))";

TEST(RdsWriter, IsReadByRInBothVersions) {
  const ScratchFolder folder;
  for (const auto version : {RdsVersion::v2, RdsVersion::v3}) {
    const auto seen = run_rscript(kSameInR, {folder.write("x.rds", gzip(example(version)))});
    if (seen) {
      EXPECT_EQ(*seen, "TRUE");
    }
  }
}

TEST(RdsReader, ReadsWhatTheWriterWrote) {
  const auto v2 = read_rds(example(RdsVersion::v2));
  const auto v3 = read_rds(gzip(example(RdsVersion::v3)));
  ASSERT_TRUE(v2 && v3);
  EXPECT_EQ(*v2, *v3);
  const auto* strings = v2->element("s");
  ASSERT_TRUE(strings != nullptr && strings->strings() != nullptr);
  EXPECT_EQ(*strings->strings(), (RValue::Strings{"plain", "caf\xc3\xa9", std::nullopt}));
  ASSERT_NE(v2->element("l"), nullptr);
  EXPECT_TRUE(v2->element("l")->logical);
}

TEST(RdsReader, ReadsWhatRWrote) {
  const ScratchFolder folder;
  const std::string path = folder.path() + "/x.rds";
  const auto wrote = run_rscript(R"(
x <- list(seq = 1:5, wrapped = sort(c(3L, 1L, 2L)), raw = as.raw(1:3), pairs = pairlist(a = 1, b = "z"),
          sym = as.name("foo"), latin = "caf\xe9", f = factor(c("u", "v")), d = as.Date("2024-05-01"))
Encoding(x$latin) <- "latin1"
saveRDS(x, commandArgs(TRUE)[1]))",
                                 {path});
  if (!wrote) return;

  const auto read = read_rds(read_file(path).value());

  ASSERT_TRUE(read) << read.error().message();
  EXPECT_EQ(*read->element("seq")->integers(), (RValue::Integers{1, 2, 3, 4, 5}));
  EXPECT_EQ(*read->element("wrapped")->integers(), (RValue::Integers{1, 2, 3}));
  EXPECT_EQ(std::get<RValue::Raw>(read->element("raw")->value).bytes, "\x01\x02\x03");
  EXPECT_EQ(*read->element("pairs")->element("b")->strings(), (RValue::Strings{"z"}));
  EXPECT_EQ(std::get<RValue::Symbol>(read->element("sym")->value).name, "foo");
  EXPECT_EQ(*read->element("latin")->strings(), (RValue::Strings{"caf\xc3\xa9"}));
  EXPECT_EQ(*read->element("f")->attribute("levels")->strings(), (RValue::Strings{"u", "v"}));
  EXPECT_EQ(*read->element("d")->attribute("class")->strings(), (RValue::Strings{"Date"}));
}

TEST(RdsReader, ReadsTheMatrixOfANewerR) {
  const auto v2 = read_rds(golden("matrix_v2_uncompressed.rds"));
  const auto v3 = read_rds(golden("matrix_v3_uncompressed.rds"));
  ASSERT_TRUE(v2 && v3);
  EXPECT_EQ(*v2, *v3);
  EXPECT_EQ(*v3->strings(), (RValue::Strings{"aaa", "bbb", "1.0", "2.0-1", std::nullopt, "R (>= 3.5), aaa"}));
  EXPECT_EQ(*v3->attribute("dim")->integers(), (RValue::Integers{2, 3}));
}

TEST(RdsReader, FollowsReferencesToSymbols) {
  const auto value = read_rds(golden("archive_rds_v3_uncompressed.rds"));
  ASSERT_TRUE(value);
  const auto* frame = value->element("aaa");
  ASSERT_NE(frame, nullptr);
  EXPECT_EQ(*frame->attribute("class")->strings(), (RValue::Strings{"data.frame"}));
  EXPECT_EQ(*frame->element("atime")->attribute("class")->strings(), (RValue::Strings{"POSIXct", "POSIXt"}));
}

TEST(RdsReader, RefusesEveryPrefix) {
  for (const auto* name : {"archive_rds_v3_uncompressed.rds", "matrix_v2_uncompressed.rds"}) {
    const auto whole = golden(name);
    for (std::size_t n = 0; n < whole.size(); ++n) EXPECT_FALSE(read_rds(whole.substr(0, n))) << n;
    EXPECT_FALSE(read_rds(whole + "x"));
  }
}

std::string document(std::initializer_list<std::uint32_t> words) {
  std::string out = "X\n";
  for (const auto w : words) {
    for (int shift = 24; shift >= 0; shift -= 8) out += static_cast<char>(w >> shift);
  }
  return out;
}

TEST(RdsReader, DoesNotBelieveALength) {
  EXPECT_EQ(read_rds(document({2, 0, 0, 16, 0x7fffffff})).error().code(), Errc::corrupt);
  EXPECT_EQ(read_rds(document({2, 0, 0, 19, 0x7fffffff})).error().code(), Errc::corrupt);
  EXPECT_EQ(read_rds(document({2, 0, 0, 13, 0xffffffff})).error().code(), Errc::too_large);
  EXPECT_EQ(read_rds(document({3, 0, 0, 0xffffffff})).error().code(), Errc::corrupt);
}

TEST(RdsReader, HasABoundOnDepthAndValues) {
  std::string deep = document({2, 0, 0});
  for (int i = 0; i < 100'000; ++i) deep += std::string("\0\0\0\x13\0\0\0\x01", 8);
  EXPECT_EQ(read_rds(deep).error().code(), Errc::too_large);
  RdsLimits few;
  few.values = 10;
  EXPECT_EQ(read_rds(example(RdsVersion::v3), few).error().code(), Errc::too_large);
}

TEST(RdsReader, RefusesWhatIsNoData) {
  EXPECT_EQ(read_rds(document({2, 0, 0, 4, 0})).error().code(), Errc::unsupported);  // an environment
  EXPECT_EQ(read_rds(document({2, 0, 0, 0x1ff})).error().code(), Errc::corrupt);     // nothing to refer to
  EXPECT_EQ(read_rds(document({4, 0, 0, 254})).error().code(), Errc::unsupported);   // a version to come
  EXPECT_EQ(read_rds("A\n").error().code(), Errc::unsupported);                      // ASCII form
  EXPECT_EQ(read_rds(std::string("\xFD"
                                 "7zXZ\0",
                                 6))
                .error()
                .code(),
            Errc::unsupported);
}

}  // namespace
}  // namespace granary::r
