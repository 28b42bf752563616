#include <gtest/gtest.h>

#include "auth/auth.h"

namespace granary::auth {
namespace {

Principal with(std::string_view scopes) { return {"t", "id", *parse_scopes(scopes)}; }

TEST(Scopes, AreReadAndWrittenInTheIncumbentsForm) {
  EXPECT_EQ(to_text(*parse_scopes(" repos:read:* , sources:write:team,global:admin")),
            "repos:read:*,sources:write:team,global:admin");
}

TEST(Scopes, WrongOnesAreRefusedWithTheNearest) {
  for (const char* bad :
       {"", ",", "admin", "repos:write", "repos:read:", "global:admin:x", "a:b:c:d", "repos:read:a b"})
    EXPECT_FALSE(parse_scopes(bad)) << bad;
  EXPECT_EQ(parse_scopes("repo:read").error().hint(), "did you mean 'repos:read'");
}

TEST(Principal, MayDoWhatItsScopesSayAndNoMore) {
  EXPECT_TRUE(with("global:admin").may_publish("x"));
  EXPECT_TRUE(with("global:admin").may_read("x"));
  EXPECT_TRUE(with("sources:write").may_publish("x"));
  EXPECT_TRUE(with("sources:write:*").may_publish("x"));
  EXPECT_TRUE(with("sources:write:x").may_publish("x"));
  EXPECT_FALSE(with("sources:write:x").may_publish("y"));
  EXPECT_FALSE(with("sources:write").may_admin());
  EXPECT_FALSE(with("sources:write").may_read("x"));
  EXPECT_TRUE(with("repos:read:x").may_read("x"));
  EXPECT_FALSE(with("repos:read:x").may_read("X"));
  EXPECT_FALSE(with("repos:read").may_publish("x"));
  EXPECT_TRUE(local_principal().may_admin());
}

}  // namespace
}  // namespace granary::auth
