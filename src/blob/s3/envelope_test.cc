#include "blob/s3/envelope.h"

#include <gtest/gtest.h>

namespace granary::blob::s3 {
namespace {

const Envelope kEnvelope{.plain_size = 70'000,
                         .key_id = "arn:aws:kms:r:1:key/k",
                         .encrypted_key = std::string("e\0k", 3)};  // version 1

TEST(Envelope, IsReadBackAsItWasWritten) {
  const auto bytes = write_envelope(kEnvelope).value();
  EXPECT_EQ(bytes.size(), kEnvelopeSize);
  EXPECT_EQ(bytes.substr(0, 8), "granary\x01");
  EXPECT_EQ(parse_envelope(as_bytes(bytes)).value(), kEnvelope);
  Envelope largest{.plain_size = 1, .key_id = std::string(300, 'k'), .encrypted_key = std::string(704, 'e')};
  EXPECT_EQ(parse_envelope(as_bytes(write_envelope(largest).value())).value(), largest);
  auto salted = kEnvelope;
  salted.salt = std::string(kSaltSize, '\0');
  EXPECT_EQ(write_envelope(salted).value().substr(0, 8), "granary\x02");
  EXPECT_EQ(parse_envelope(as_bytes(write_envelope(salted).value())).value(), salted);
  largest.salt = std::string(kSaltSize, 's');
  EXPECT_EQ(write_envelope(largest).error().code(), Errc::unsupported);
  largest.encrypted_key.resize(704 - kSaltSize);
  EXPECT_EQ(parse_envelope(as_bytes(write_envelope(largest).value())).value(), largest);
}

TEST(Envelope, KeysThatAreTooLongForItAreRefused) {
  auto envelope = kEnvelope;
  envelope.encrypted_key.resize(1000);
  EXPECT_EQ(write_envelope(envelope).error().code(), Errc::unsupported);
  envelope.encrypted_key.resize(70'000);
  EXPECT_EQ(write_envelope(envelope).error().code(), Errc::unsupported);
}

TEST(Envelope, AnythingElseIsCorrupt) {
  const auto good = write_envelope(kEnvelope).value();
  const auto expect_corrupt = [](const std::string& bytes) {
    const auto parsed = parse_envelope(as_bytes(bytes));
    ASSERT_FALSE(parsed);
    EXPECT_EQ(parsed.error().code(), Errc::corrupt);
  };
  expect_corrupt("");
  expect_corrupt(good.substr(1));
  expect_corrupt(good + '\0');
  for (const std::size_t at : {0, 7, 8, 16, 1023}) {  // magic, version, size, length of the id, padding
    auto changed = good;
    changed[at] = '\xFF';
    expect_corrupt(changed);
  }
}

TEST(Envelope, SizesGoBothWays) {
  for (const std::uint64_t plain : {0, 1, 65'535, 65'536, 65'537, 131'072, 1'000'000}) {
    EXPECT_EQ(plain_size(sealed_size(plain)), plain);
  }
  EXPECT_EQ(sealed_size(0), 1024u + 16);
  EXPECT_EQ(sealed_size(65'537), 1024u + 65'537 + 32);
  for (const std::uint64_t none : {0, 1024, 1039, 1024 + 65'552 + 1, 1024 + 65'552 + 16}) {
    EXPECT_EQ(plain_size(none), std::nullopt) << none;
  }
}

}  // namespace
}  // namespace granary::blob::s3
