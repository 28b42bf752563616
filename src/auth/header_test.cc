#include <gtest/gtest.h>

#include "auth/auth.h"

namespace granary::auth {
namespace {

std::string basic(std::string_view pair) { return "Basic " + base64(as_bytes(pair)); }

TEST(SecretOf, BearerAndBasicCarryTheToken) {
  for (const auto& header :
       {std::string("Bearer grn_x"), std::string("bearer   grn_x "), basic("__token__:grn_x"),
        basic("anyone:grn_x"), basic(":grn_x"), basic("grn_x:")}) {
    const auto secret = secret_of(header);
    ASSERT_TRUE(secret) << header;
    EXPECT_EQ(*secret, "grn_x") << header;
  }
  EXPECT_EQ(*secret_of(basic("u:a:b")), "a:b");
}

TEST(SecretOf, NoHeaderIsNoSecretAndAnotherFormIsRefused) {
  EXPECT_EQ(*secret_of(""), std::nullopt);
  for (const auto& header :
       {std::string("grn_x"), std::string("Digest x"), std::string("Basic !!!"), basic("nocolon"), basic(":"),
        std::string("Bearer "), std::string("Bearer a b"), "Bearer " + std::string(10'000, 'x')}) {
    const auto secret = secret_of(header);
    ASSERT_FALSE(secret) << header;
    EXPECT_EQ(secret.error().code(), Errc::unauthenticated);
  }
}

}  // namespace
}  // namespace granary::auth
