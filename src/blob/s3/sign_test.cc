#include "blob/s3/sign.h"

#include <gtest/gtest.h>

#include "base/bytes.h"
#include "base/hash.h"

namespace granary::blob::s3 {
namespace {

const std::string kEmpty = sha256({}).hex();
const std::string kHost = "examplebucket.s3.amazonaws.com";
const Time kDay{std::chrono::sys_days(std::chrono::year(2013) / 5 / 24)};
const Credentials kKeys{.access_key = "AKIAIOSFODNN7EXAMPLE",
                        .secret_key = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"};

Pairs with_common(Pairs headers, const std::string& hash) {
  headers.insert(headers.end(),
                 {{"Host", kHost}, {"X-Amz-Content-SHA256", hash}, {"X-Amz-Date", "20130524T000000Z"}});
  return headers;
}

std::string signature(const SigningRequest& request) {
  const auto all = authorization(kKeys, "us-east-1", "s3", kDay, request);
  return all.substr(all.find("Signature=") + 10);
}

TEST(S3Sign, SignsTheExamplesOfTheS3DocumentationAsTheyAreThere) {
  EXPECT_EQ(authorization(kKeys, "us-east-1", "s3", kDay,
                          {.method = "GET",
                           .path = "/test.txt",
                           .query = {},
                           .headers = with_common({{"Range", "bytes=0-9"}}, kEmpty),
                           .payload_sha256 = kEmpty}),
            "AWS4-HMAC-SHA256 Credential=AKIAIOSFODNN7EXAMPLE/20130524/us-east-1/s3/aws4_request,"
            "SignedHeaders=host;range;x-amz-content-sha256;x-amz-date,"
            "Signature=f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41");

  const std::string welcome = sha256(as_bytes("Welcome to Amazon S3.")).hex();
  EXPECT_EQ(signature({.method = "PUT",
                       .path = "/test%24file.text",
                       .query = {},
                       .headers = with_common({{"Date", "Fri, 24 May 2013 00:00:00 GMT"},
                                               {"x-amz-storage-class", "REDUCED_REDUNDANCY"}},
                                              welcome),
                       .payload_sha256 = welcome}),
            "98ad721746da40c64f1a55b78f14c238d841ea1380cd77a1b5971af0ece108bd");
  EXPECT_EQ(signature({.method = "GET",
                       .path = "/",
                       .query = {{"lifecycle", ""}},
                       .headers = with_common({}, kEmpty),
                       .payload_sha256 = kEmpty}),
            "fea454ca298b7da1c68078a5d1bdbfbbe0d65c699e0f91ac7a200a0136783543");
  EXPECT_EQ(signature({.method = "GET",
                       .path = "/",
                       .query = {{"prefix", "J"}, {"max-keys", "2"}},
                       .headers = with_common({}, kEmpty),
                       .payload_sha256 = kEmpty}),
            "34b48302e7b5fa45bde8084f4b7868a86f0a534bc59db6670ed5711ef69dc6f7");
}

TEST(S3Sign, SignsAUrlAsTheExampleOfTheS3Documentation) {
  EXPECT_EQ(presigned_query(
                kKeys, "us-east-1", kDay, std::chrono::hours(24), kHost,
                {.method = "GET", .path = "/test.txt", .query = {}, .headers = {}, .payload_sha256 = {}}),
            "X-Amz-Algorithm=AWS4-HMAC-SHA256"
            "&X-Amz-Credential=AKIAIOSFODNN7EXAMPLE%2F20130524%2Fus-east-1%2Fs3%2Faws4_request"
            "&X-Amz-Date=20130524T000000Z&X-Amz-Expires=86400&X-Amz-SignedHeaders=host"
            "&X-Amz-Signature=aeeed9bbccd4d02ee5c0109b86d86835f995330da4c265957d157751f604d404");
}

TEST(S3Sign, AUrlIsTheSameForHalfOfItsLifeAndGoodForAsLongAgain) {
  const std::chrono::seconds life(600);
  for (const int second : {0, 1, 299}) {
    const auto window = signing_window(kDay + std::chrono::seconds(second), life, std::nullopt).value();
    EXPECT_EQ(window.signed_at, kDay);
    EXPECT_EQ(window.valid, life);
    EXPECT_EQ(window.left, life - std::chrono::seconds(second));
  }
  EXPECT_EQ(signing_window(kDay + std::chrono::seconds(300), life, std::nullopt)->signed_at,
            kDay + std::chrono::seconds(300));
  EXPECT_EQ(
      signing_window(kDay + std::chrono::milliseconds(1500), std::chrono::seconds(1), std::nullopt)->left,
      std::chrono::seconds(1));
}

TEST(S3Sign, AUrlEndsWithTheCredentials) {
  const std::chrono::seconds life(600), into(100);
  const auto window = signing_window(kDay + into, life, kDay + std::chrono::seconds(130)).value();
  EXPECT_EQ(window.valid, std::chrono::seconds(130));
  EXPECT_EQ(window.left, std::chrono::seconds(30));
  EXPECT_FALSE(signing_window(kDay + into, life, kDay + std::chrono::seconds(105)));
  EXPECT_FALSE(signing_window(kDay + into, life, kDay));
}

TEST(S3Sign, SignsTheSimplestCasesOfTheGeneralTestSuite) {
  const Credentials keys{.access_key = "AKIDEXAMPLE",
                         .secret_key = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"};
  const Time time = Time{std::chrono::sys_days(std::chrono::year(2015) / 8 / 30)} + std::chrono::hours(12) +
                    std::chrono::minutes(36);
  EXPECT_EQ(amz_date(time), "20150830T123600Z");
  const Pairs headers = {{"Host", "example.amazonaws.com"}, {"X-Amz-Date", "20150830T123600Z"}};
  const auto sign = [&](const char* method, Pairs query) {
    const auto all = authorization(keys, "us-east-1", "service", time,
                                   {.method = method,
                                    .path = "/",
                                    .query = std::move(query),
                                    .headers = headers,
                                    .payload_sha256 = kEmpty});
    return all.substr(all.find("Signature=") + 10);
  };
  EXPECT_EQ(sign("GET", {}), "5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31");
  EXPECT_EQ(sign("POST", {}), "5da7c1a2acd57cee7505fc6676e4e544621c30862966e37dddb68e92efbe5d6b");
  EXPECT_EQ(sign("GET", {{"Param2", "value2"}, {"Param1", "value1"}}),
            "b97d918cfa904a5beff61c982a1b6f458b799221646efd99d3219ec94cdf2500");
}

TEST(S3Sign, QueriesAreSortedAfterTheyAreEncoded) {
  EXPECT_EQ(canonical_query({{"b", "1"}, {"a", "x y/z+"}, {"a", "="}, {"~", ""}}),
            "a=%3D&a=x%20y%2Fz%2B&b=1&~=");
  EXPECT_EQ(canonical_query({}), "");
}

TEST(S3Sign, HeadersAreFoldedAndSorted) {
  EXPECT_EQ(canonical_request({.method = "GET",
                               .path = "/",
                               .query = {},
                               .headers = {{"X-B", "  a   b "}, {"Host", "h"}},
                               .payload_sha256 = "p"}),
            "GET\n/\n\nhost:h\nx-b:a b\n\nhost;x-b\np");
}

}  // namespace
}  // namespace granary::blob::s3
