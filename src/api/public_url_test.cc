#include "api/public_url.h"

#include <gtest/gtest.h>

namespace granary::api {
namespace {

struct Case {
  std::vector<http::Header> headers;
  const char* url;
};

http::Request request_with(std::vector<http::Header> headers) {
  http::Request request;
  request.target = "/prod/latest/simple/?x=/y";
  request.headers = std::move(headers);
  request.headers.push_back({"Host", "inner:4242"});
  request.proxied = true;
  return request;
}

class PublicUrl : public testing::TestWithParam<Case> {};

TEST_P(PublicUrl, IsWhatTheProxySaysTheClientAsked) {
  EXPECT_EQ(base_url("", request_with(GetParam().headers)), GetParam().url);
  EXPECT_EQ(base_url("https://set.example/x", request_with(GetParam().headers)), "https://set.example/x");
  auto untrusted = request_with(GetParam().headers);
  untrusted.proxied = false;
  EXPECT_EQ(base_url("", untrusted), "http://inner:4242");
}

INSTANTIATE_TEST_SUITE_P(
    Headers, PublicUrl,
    testing::Values(
        Case{{}, "http://inner:4242"},
        Case{{{"X-RSPM-Request", "https://p.example/rspm/prod/latest/simple/"}, {"X-Forwarded-Host", "no"}},
             "https://p.example/rspm"},
        Case{{{"X-RSPM-Request", "http://p.example:8080/prod/latest/simple/?x=/y"}}, "http://p.example:8080"},
        Case{{{"X-RSPM-Request", "https://p.example/a/b/prod/latest/simple/"}}, "https://p.example/a/b"},
        Case{{{"X-RSPM-Request", "https://p.example/rewritten"}}, "https://p.example"},
        Case{{{"X-RSPM-Request", "https://p.example"}}, "https://p.example"},
        Case{{{"X-RSPM-Request", "https://p.example/\"><b>/prod/latest/simple/"}}, "https://p.example"},
        Case{{{"X-RSPM-Request", "javascript://p/prod/latest/simple/"}}, "http://inner:4242"},
        Case{{{"X-RSPM-Request", "https://\"><b>/"}}, "http://inner:4242"},
        Case{{{"X-Forwarded-Proto", "https"}}, "https://inner:4242"},
        Case{{{"X-Forwarded-Proto", "https, http"}, {"X-Forwarded-Host", "p.example, inner"}},
             "https://p.example"},
        Case{
            {{"X-Forwarded-Proto", "https"}, {"X-Forwarded-Host", "p.example"}, {"X-Forwarded-Port", "8443"}},
            "https://p.example:8443"},
        Case{{{"X-Forwarded-Proto", "https"}, {"X-Forwarded-Host", "p.example"}, {"X-Forwarded-Port", "443"}},
             "https://p.example"},
        Case{{{"X-Forwarded-Host", "p.example:81"}, {"X-Forwarded-Port", "82"}}, "http://p.example:81"},
        Case{{{"X-Forwarded-Host", "[2001:db8::1]"}, {"X-Forwarded-Port", "82"}}, "http://[2001:db8::1]:82"},
        Case{{{"X-Forwarded-Host", "p.example"}, {"X-Forwarded-Prefix", "/granary/"}},
             "http://p.example/granary"},
        Case{{{"X-Forwarded-Host", "p.example"}, {"X-Forwarded-Prefix", "//evil"}}, "http://p.example"},
        Case{{{"X-Forwarded-Host", "<b>"}, {"X-Forwarded-Proto", "ftp"}}, "http://inner:4242"}));

TEST(PublicUrl, IsUnknownWithoutAHostName) {
  http::Request request;
  request.headers = {{"Host", "a b"}};
  EXPECT_EQ(base_url("", request), "");
}

}  // namespace
}  // namespace granary::api
