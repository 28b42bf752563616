#include "net/url.h"

#include <gtest/gtest.h>

namespace granary::net {
namespace {

TEST(Url, AReferenceIsResolvedAsTheStandardSays) {
  EXPECT_EQ(resolve_url("https://a.b/simple/x/", "../../packages/x.whl").value(),
            "https://a.b/packages/x.whl");
  EXPECT_EQ(resolve_url("https://a.b/simple/x/", "/y").value(), "https://a.b/y");
  EXPECT_EQ(resolve_url("https://a.b/simple/x/", "https://c.d/z?q=1").value(), "https://c.d/z?q=1");
  EXPECT_EQ(resolve_url("https://a.b/simple/", "//c.d/z").value(), "https://c.d/z");
  EXPECT_EQ(resolve_url("file:///srv/simple/x/", "../../f/x.whl").value(), "file:///srv/f/x.whl");
  EXPECT_EQ(resolve_url("nothing", "y").error().code(), Errc::invalid_argument);
}

TEST(Url, CredentialsBelongToSchemeHostAndPort) {
  EXPECT_EQ(url_origin("https://A.b/x"), url_origin("https://u:p@a.B:443/y?z"));
  EXPECT_NE(url_origin("https://a.b/x"), url_origin("http://a.b/x"));
  EXPECT_NE(url_origin("https://a.b/x"), url_origin("https://a.b:8443/x"));
  EXPECT_NE(url_origin("https://a.b/x"), url_origin("https://a.b.evil/x"));
  EXPECT_EQ(url_origin("not a URL"), std::nullopt);
}

TEST(Url, SecretsAreNotPrinted) {
  EXPECT_EQ(printable_url("https://u:p@a.b/x?token=1#f"), "https://a.b/x");
  EXPECT_EQ(printable_url("https://a.b/x@1"), "https://a.b/x@1");
  EXPECT_EQ(printable_url("../x"), "../x");
}

TEST(Url, CredentialsArePutIn) {
  EXPECT_EQ(with_credentials("http://proxy:3128", "me", "a@b"), "http://me:a%40b@proxy:3128");
  EXPECT_EQ(with_credentials("proxy:3128", "me", ""), "me:@proxy:3128");
  EXPECT_EQ(with_credentials("http://proxy", "", "x"), "http://proxy");
}

}  // namespace
}  // namespace granary::net
