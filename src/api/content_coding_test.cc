#include "api/content_coding.h"

#include <gtest/gtest.h>

namespace granary::api {
namespace {

Coding of(std::string_view accept) { return choose_coding(accept, true, true); }

TEST(ContentCoding, IsTheOneTheClientPrefers) {
  EXPECT_EQ(of(""), Coding::identity);
  EXPECT_EQ(of("gzip"), Coding::gzip);
  EXPECT_EQ(of("gzip, deflate, zstd"), Coding::zstd);
  EXPECT_EQ(of("gzip;q=1.0, zstd;q=0.5"), Coding::gzip);
  EXPECT_EQ(of("gzip;q=0, zstd;q=0.001"), Coding::zstd);
  EXPECT_EQ(of("GZIP ; Q=0.3"), Coding::gzip);
  EXPECT_EQ(of("*"), Coding::zstd);
  EXPECT_EQ(of("*;q=0.5, zstd;q=0"), Coding::gzip);
}

TEST(ContentCoding, IsIdentityWhenNothingElseIsWanted) {
  EXPECT_EQ(of("identity"), Coding::identity);
  EXPECT_EQ(of("br, deflate"), Coding::identity);
  EXPECT_EQ(of("gzip;q=0.000"), Coding::identity);
  EXPECT_EQ(of("identity;q=1, gzip;q=0.5"), Coding::identity);
  EXPECT_EQ(of(",,;;q=,q=1"), Coding::identity);
}

TEST(ContentCoding, IsOneThatIsThere) {
  EXPECT_EQ(choose_coding("gzip, zstd", true, false), Coding::gzip);
  EXPECT_EQ(choose_coding("gzip, zstd", false, false), Coding::identity);
}

TEST(RenderedResponse, HasATagForEachEncoding) {
  view::Rendered rendered{std::make_shared<const std::string>("identity"),
                          std::make_shared<const std::string>("g"), std::make_shared<const std::string>("z"),
                          "abc"};
  http::Request request;
  EXPECT_EQ(rendered_response(request, rendered, "text/plain").etag, "\"abc\"");
  request.headers.push_back({"accept-encoding", "gzip"});
  const auto response = rendered_response(request, rendered, "text/plain");
  EXPECT_EQ(response.etag, "\"abc-gzip\"");
  EXPECT_EQ(*std::get<http::BytesBody>(response.body).bytes, "g");
}

}  // namespace
}  // namespace granary::api
