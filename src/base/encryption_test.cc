#include "base/encryption.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/bytes.h"
#include "base/hash.h"

namespace granary {
namespace {

using testing::HasSubstr;
using testing::StartsWith;

EncryptionKey key_of(std::string_view hex) {
  auto key = EncryptionKey::parse(hex);
  EXPECT_TRUE(key);
  return *std::move(key);
}

TEST(Encryption, WhatIsEncryptedIsGivenBackByTheSameKeyOnly) {
  const auto mine = key_of(EncryptionKey::generate()), other = key_of(EncryptionKey::generate());
  for (const std::string& secret : {std::string(), std::string("s3cret"), random_bytes(5000)}) {
    const auto value = mine.encrypt(secret);
    EXPECT_TRUE(looks_encrypted(value));
    EXPECT_EQ(mine.decrypt(value), secret);
    EXPECT_NE(mine.encrypt(secret), value) << "the nonce is not random";
    const auto refused = other.decrypt(value);
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code(), Errc::invalid_argument);
    EXPECT_THAT(refused.error().message(), HasSubstr(mine.fingerprint()));
    EXPECT_THAT(refused.error().message(), HasSubstr(other.fingerprint()));
  }
}

TEST(Encryption, AValueOfAnEarlierVersionIsStillRead) {
  // Made once with this key by another implementation of HKDF and AES-GCM.
  const auto key = key_of(std::string(64, 'a'));
  EXPECT_EQ(key.fingerprint(), "e0e77a507412b120");
  EXPECT_EQ(key.decrypt("enc1:e0e77a507412b120:AAECAwQFBgcICQoLt60hV45tys4QVBiCBsifT8OQ+7oK7VM="), "hunter2");
}

TEST(Encryption, EveryChangedByteIsNoticed) {
  const auto key = key_of(EncryptionKey::generate());
  const auto value = key.encrypt("secret");
  const auto head = value.substr(0, value.rfind(':') + 1);
  const auto sealed = *unbase64(value.substr(head.size()));
  for (std::size_t i = 0; i < sealed.size(); ++i) {
    auto changed = sealed;
    changed[i] = static_cast<char>(changed[i] ^ 1);
    const auto refused = key.decrypt(head + base64(as_bytes(changed)));
    ASSERT_FALSE(refused) << i;
    EXPECT_EQ(refused.error().code(), Errc::corrupt);
  }
}

TEST(Encryption, WhatIsNotOfTheFormIsRefusedWithoutBeingShown) {
  const auto key = key_of(EncryptionKey::generate());
  const auto prefix = "enc1:" + key.fingerprint() + ":";
  for (const std::string& value :
       {std::string("enc1:"), prefix, prefix + "hunter", prefix + "hunter2!*", prefix + std::string(30, 'A'),
        "enc1::" + std::string(60, 'A') + ":", std::string("hunter2"),
        "enc1:hunter2hunter2hu:" + std::string(60, 'A'), prefix + std::string(60, 'A') + ":x"}) {
    const auto refused = key.decrypt(value);
    ASSERT_FALSE(refused) << value;
    EXPECT_EQ(refused.error().code(), Errc::invalid_argument) << value;
    EXPECT_THAT(refused.error().message() + refused.error().hint(), testing::Not(HasSubstr("hunter")));
  }
  EXPECT_FALSE(looks_encrypted("hunter2"));
}

TEST(Encryption, AKeyIs32To4096BytesAsHexDigits) {
  EXPECT_EQ(EncryptionKey::generate().size(), 1024U);
  EXPECT_TRUE(EncryptionKey::parse(" " + std::string(64, '0') + "\n"));
  for (const std::string& text : {std::string(), std::string(62, '0'), std::string(65, '0'),
                                  std::string(64, 'x'), std::string(8194, '0')}) {
    const auto refused = EncryptionKey::parse(text);
    ASSERT_FALSE(refused) << text.size();
    EXPECT_THAT(refused.error().hint(), HasSubstr("granary encrypt generate"));
  }
}

}  // namespace
}  // namespace granary
