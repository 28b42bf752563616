#include "base/aead.h"

#include <gtest/gtest.h>

namespace granary {
namespace {

AeadKey::Nonce nonce(std::string_view hex_text) {
  AeadKey::Nonce out;
  const std::string raw = unhex(hex_text).value();
  std::copy_n(as_bytes(raw).begin(), out.size(), out.begin());
  return out;
}

struct Vector {
  const char *key, *nonce, *plain, *also, *sealed;
};

// McGrew and Viega, "The Galois/Counter Mode of Operation", test cases 13, 14 and 16.
const Vector kVectors[] = {
    {"0000000000000000000000000000000000000000000000000000000000000000", "000000000000000000000000", "", "",
     "530f8afbc74536b9a963b4f1c4cb738b"},
    {"0000000000000000000000000000000000000000000000000000000000000000", "000000000000000000000000",
     "00000000000000000000000000000000", "",
     "cea7403d4d606b6e074ec5d3baf39d18d0d1c8a799996bf0265b98b5d48ab919"},
    {"feffe9928665731c6d6a8f9467308308feffe9928665731c6d6a8f9467308308", "cafebabefacedbaddecaf888",
     "d9313225f88406e5a55909c5aff5269a86a7a9531534f7da2e4c303d8a318a721c3c0c95956809532fcf0e2449a6b525b16aedf"
     "5aa0d"
     "e657ba637b39",
     "feedfacedeadbeeffeedfacedeadbeefabaddad2",
     "522dc1f099567d07f47f37a32a84427d643a8cdcbfe5c0c97598a2bd2555d1aa8cb08e48590dbb3da7b08b1056828838c5f61e6"
     "393ba"
     "7a0abcc9f66276fc6ece0f4e1768cddf8853bb2d551b"}};

TEST(Aead, SealsThePublishedExamplesAndOpensThem) {
  for (const auto& v : kVectors) {
    const AeadKey key(as_bytes(unhex(v.key).value()));
    const std::string plain = unhex(v.plain).value(), also = unhex(v.also).value();
    std::string sealed, opened = "kept ";
    key.seal(nonce(v.nonce), as_bytes(also), as_bytes(plain), sealed);
    EXPECT_EQ(hex(as_bytes(sealed)), v.sealed);
    EXPECT_TRUE(key.open(nonce(v.nonce), as_bytes(also), as_bytes(sealed), opened));
    EXPECT_EQ(opened, "kept " + plain);
  }
}

TEST(Aead, WhatWasChangedIsNotOpened) {
  const AeadKey key(as_bytes(std::string(32, 'k')));
  const auto one = nonce("000000000000000000000001");
  std::string sealed, opened = "kept";
  key.seal(one, as_bytes("also"), as_bytes("plain"), sealed);
  for (std::size_t i = 0; i < sealed.size(); ++i) {
    std::string changed = sealed;
    changed[i] = static_cast<char>(changed[i] ^ 1);
    EXPECT_FALSE(key.open(one, as_bytes("also"), as_bytes(changed), opened)) << i;
  }
  EXPECT_FALSE(key.open(nonce("000000000000000000000002"), as_bytes("also"), as_bytes(sealed), opened));
  EXPECT_FALSE(key.open(one, as_bytes("other"), as_bytes(sealed), opened));
  EXPECT_FALSE(key.open(one, as_bytes("also"), as_bytes(sealed).first(15), opened));
  EXPECT_EQ(opened, "kept");
}

}  // namespace
}  // namespace granary
