#include "base/blake2b.h"

#include <gtest/gtest.h>

#include <array>

namespace granary {
namespace {

// Made with an independent implementation: byte i is (7 i + i / 256) mod 256.
std::string sample(std::size_t size) {
  std::string bytes(size, '\0');
  for (std::size_t i = 0; i < size; ++i) bytes[i] = static_cast<char>((i * 7 + i / 256) % 256);
  return bytes;
}

struct Vector {
  std::size_t size;
  const char* digest;
};
constexpr std::array<Vector, 9> kVectors = {{
    {0, "0e5751c026e543b2e8ab2eb06099daa1d1e5df47778f7787faab45cdf12fe3a8"},
    {127, "4ff62e7c4c43fe101a078479c48836be4907d9d498dcc577ca89d694b2c11f9b"},
    {128, "14696d2a98d9f8a280da8b132b1045b345e1033759c6b02fcc4ee885c8ae7c37"},
    {129, "3934215260b1039be9d9d2b073b059bcd50120c327a22af93eb4d98cf821c14c"},
    {255, "a3bb8b4fa098078d32bb5a89e905e237862fd83e99141ca7d8a073bb268ba2a0"},
    {256, "3d0cb2693dfbac42af5a6cc960953fea8714aa39c4bcd054ef61d6b5e98ade4a"},
    {257, "00466ab5e91660e4fdbef955724cca27cee84370539f22d393d1f566bd177514"},
    {1000, "38981cec8fd0971914a759c4fac0538dbb29495eec4aea07f277e1f5f8562d27"},
    {100000, "c78a250eae2dcf122d0452fe67cd4851a975146239a4fbd425869f4773a7916b"},
}};

TEST(Blake2b256, GivesTheKnownDigests) {
  EXPECT_EQ(blake2b_256_hex(as_bytes("abc")),
            "bddd813c634239723171ef3fee98579b94964e3bb1cb3e427262c8c068d52319");
  for (const auto& [size, digest] : kVectors)
    EXPECT_EQ(blake2b_256_hex(as_bytes(sample(size))), digest) << size;
}

TEST(Blake2b256, DoesNotDependOnHowTheBytesAreCut) {
  for (const auto& [size, digest] : kVectors) {
    const std::string bytes = sample(size);
    for (const std::size_t step : {1U, 64U, 127U, 128U, 129U, 300U}) {
      Blake2b256 hasher;
      for (std::size_t at = 0; at < size; at += step)
        hasher.update(as_bytes(std::string_view(bytes).substr(at, step)));
      EXPECT_EQ(hex(as_bytes(hasher.finish())), digest) << size << " in steps of " << step;
    }
  }
}

}  // namespace
}  // namespace granary
