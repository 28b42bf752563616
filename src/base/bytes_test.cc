#include "base/bytes.h"

#include <gtest/gtest.h>

#include "base/hash.h"

namespace granary {
namespace {

TEST(Bytes, HexAndBack) {
  EXPECT_EQ(hex(as_bytes("\x01\xfe")), "01fe");
  EXPECT_EQ(unhex("01FE"), "\x01\xfe");
  EXPECT_EQ(unhex("0"), std::nullopt);
  EXPECT_EQ(unhex("zz"), std::nullopt);
}

TEST(Bytes, Base64OfRfc4648) {
  EXPECT_EQ(base64(as_bytes("")), "");
  EXPECT_EQ(base64(as_bytes("f")), "Zg==");
  EXPECT_EQ(base64(as_bytes("fo")), "Zm8=");
  EXPECT_EQ(base64(as_bytes("foobar")), "Zm9vYmFy");
  EXPECT_EQ(unbase64("Zm8="), "fo");
  EXPECT_EQ(unbase64("Zm9vYg"), "foob");
  EXPECT_EQ(unbase64("Z"), std::nullopt);
  EXPECT_EQ(unbase64("Zm8*"), std::nullopt);
}

TEST(Bytes, Sha256OfAbcIsThePublishedOne) {
  EXPECT_EQ(sha256(as_bytes("abc")).hex(),
            "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  EXPECT_EQ(md5_hex(as_bytes("abc")), "900150983cd24fb0d6963f7d28e17f72");
  EXPECT_EQ(Digest::parse(sha256(as_bytes("abc")).hex()), sha256(as_bytes("abc")));
}

TEST(Bytes, SliceReadsOnlyItsPart) {
  const MemorySource whole("hello world");
  const SliceSource slice(whole, 6, 5);
  std::string seen;
  ASSERT_TRUE(for_each_chunk(slice, [&](ByteSpan chunk) -> Result<> {
    seen += as_text(chunk);
    return {};
  }));
  EXPECT_EQ(seen, "world");
}

}  // namespace
}  // namespace granary
