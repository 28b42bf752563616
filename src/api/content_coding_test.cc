#include "api/content_coding.h"

#include <gtest/gtest.h>

namespace granary::api {
namespace {

constexpr auto of = choose_coding;

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

TEST(RenderedResponse, HasATagForEachEncoding) {
  const view::Rendered rendered(std::string(1000, 'x'), true);
  http::Request request;
  EXPECT_EQ(rendered_response(request, rendered, "text/plain").etag, '"' + rendered.etag() + '"');
  request.headers.push_back({"accept-encoding", "gzip"});
  const auto response = rendered_response(request, rendered, "text/plain");
  EXPECT_EQ(response.etag, '"' + rendered.gzip_etag() + "-gzip\"");
  EXPECT_EQ(std::get<http::BytesBody>(response.body).bytes, rendered.gzip());
}

TEST(RenderedResponse, IsNotEncodedWhenThatMakesItNoSmaller) {
  http::Request request;
  request.headers.push_back({"accept-encoding", "gzip"});
  for (const bool compressible : {true, false}) {
    const view::Rendered rendered("x", compressible);
    const auto response = rendered_response(request, rendered, "text/plain");
    EXPECT_EQ(response.etag, '"' + rendered.etag() + '"');
    EXPECT_EQ(std::get<http::BytesBody>(response.body).bytes, rendered.identity());
  }
}

}  // namespace
}  // namespace granary::api
