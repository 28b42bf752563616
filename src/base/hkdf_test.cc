#include "base/hkdf.h"

#include <gtest/gtest.h>

#include "base/bytes.h"

namespace granary {
namespace {

// RFC 5869, appendix A: the first 32 bytes, which are the first block.
TEST(Hkdf, GivesWhatTheStandardSays) {
  EXPECT_EQ(hex(as_bytes(hkdf_sha256(std::string(22, '\x0b'), unhex("000102030405060708090a0b0c").value(),
                                     unhex("f0f1f2f3f4f5f6f7f8f9").value()))),
            "3cb25f25faacd57a90434f64d0362f2a2d2d0a90cf1a5a4c5db02d56ecc4c5bf");
  EXPECT_EQ(hex(as_bytes(hkdf_sha256(std::string(22, '\x0b'), "", ""))),
            "8da4e775a563c18f715f802a063c5a31b8a11f5c5ee1879ec3454e5f3c738d2d");
}

TEST(Hkdf, WhatIsWipedIsGone) {
  std::string secret = "secret";
  wipe(secret);
  EXPECT_EQ(secret, std::string(6, '\0'));
}

}  // namespace
}  // namespace granary
