#include "blob/s3/kms.h"

#include <gtest/gtest.h>

#include "base/hash.h"
#include "base/testing/fake_clock.h"
#include "base/testing/test_context.h"
#include "blob/s3/data_keys.h"
#include "net/testing/fake_http_server.h"

namespace granary::blob::s3 {
namespace {

using namespace std::chrono_literals;

const Digest kDigest = sha256(as_bytes("hello")), kOther = sha256(as_bytes("other"));

class KmsTest : public testing::Test {
 protected:
  KmsTest() {
    server.when("/").call([](const net::FakeRequest& request) -> net::FakeReply {
      const std::string key = base64(as_bytes(std::string(32, 'k')));
      if (request.headers.at("x-amz-target") == "TrentService.Decrypt")
        return {.body = R"({"Plaintext": ")" + key + "\"}"};
      return {.body = R"({"KeyId": "arn", "CiphertextBlob": "ZW5jcnlwdGVk", "Plaintext": ")" + key + "\"}"};
    });
  }
  Kms::Settings settings() {
    S3Options options;
    options.kms_endpoint = server.url();
    static const FakeClock clock;
    return {.service = kms_service(options).value(),
            .key_id = "alias/granary",
            .credentials = std::make_shared<CredentialCache>(
                fixed_credentials({.access_key = "a", .secret_key = "s"}, "a test"), clock),
            .retry = {.attempts = 2, .first = 1ms, .longest = 1ms}};
  }
  net::FakeHttpServer server;
  Kms kms{settings()};
  const Envelope envelope{.plain_size = 1, .key_id = "arn", .encrypted_key = "encrypted"};
};

TEST_F(KmsTest, AKeyIsAskedForWithItsContextSigned) {
  const auto made = kms.generate(test_context(), kDigest).value();
  EXPECT_EQ(made.key_id, "arn");
  EXPECT_EQ(made.encrypted, "encrypted");
  const auto request = server.requests().at(0);
  EXPECT_EQ(request.headers.at("x-amz-target"), "TrentService.GenerateDataKey");
  EXPECT_EQ(request.body, R"({"KeyId":"alias/granary","KeySpec":"AES_256","EncryptionContext":{"sha256":")" +
                              kDigest.hex() + "\"}}");
  EXPECT_NE(request.headers.at("authorization").find("/us-east-1/kms/aws4_request"), std::string::npos);
}

TEST_F(KmsTest, RefusalsSayWhatToCheck) {
  server.when("/").reply(
      {.status = 400, .body = R"({"__type": "a.b#NotFoundException", "message": "no such key"})"});
  const auto error = kms.generate(test_context(), kDigest).error();
  EXPECT_EQ(error.code(), Errc::unavailable);
  EXPECT_EQ(error.message(), "the key service refuses GenerateDataKey (400 NotFoundException)");
  EXPECT_NE(error.hint().find("S3Storage.KeyID"), std::string::npos);
  EXPECT_NE(error.hint().find("no such key"), std::string::npos);
  server.when("/").reply({.status = 400, .body = R"({"__type": "InvalidCiphertextException"})"});
  EXPECT_EQ(kms.decrypt(test_context(), kDigest, envelope).error().code(), Errc::corrupt);
  server.when("/").reply(200, R"({"KeyId": "arn", "Plaintext": "c2hvcnQ="})");
  EXPECT_EQ(kms.generate(test_context(), kDigest).error().code(), Errc::corrupt);
}

TEST_F(KmsTest, BusyServicesAreAskedAgain) {
  server.fail_next(503, 1);
  EXPECT_TRUE(kms.generate(test_context(), kDigest));
  server.fail_next(503, 2);
  EXPECT_EQ(kms.generate(test_context(), kDigest).error().code(), Errc::unavailable);
}

TEST_F(KmsTest, KeysAtHandAreNotAskedForAgainAndAreForTheirObjectOnly) {
  DataKeys keys(settings(), 2);
  const auto made = keys.generate(test_context(), kDigest).value();
  EXPECT_EQ(keys.find(test_context(), kDigest, envelope).value(), made.key);
  EXPECT_EQ(server.requests().size(), 1u);
  EXPECT_TRUE(keys.find(test_context(), kOther, envelope));
  EXPECT_EQ(server.requests().size(), 2u);
  EXPECT_TRUE(keys.find(test_context(), sha256({}), envelope));  // the first one is forgotten
  EXPECT_TRUE(keys.find(test_context(), kOther, envelope));
  EXPECT_EQ(server.requests().size(), 3u);
  EXPECT_NE(keys.find(test_context(), kDigest, envelope).value(), made.key);
  EXPECT_EQ(server.requests().size(), 4u);
}

TEST(KmsService, IsThatOfTheSettingTheEnvironmentOrTheKeysRegion) {
  S3Options options;
  options.region = "eu-west-1";
  EXPECT_EQ(kms_service(options).value().origin, "https://kms.eu-west-1.amazonaws.com");
  options.key_id = "arn:aws-cn:kms:cn-north-1:1:key/k";
  EXPECT_EQ(kms_service(options).value().origin, "https://kms.cn-north-1.amazonaws.com.cn");
  EXPECT_EQ(kms_service(options).value().region, "cn-north-1");
  options.environment["AWS_ENDPOINT_URL_KMS"] = "https://kms.example.org:443/";
  EXPECT_EQ(kms_service(options).value().host, "kms.example.org");
  options.kms_endpoint = "http://localhost:80";
  EXPECT_EQ(kms_service(options).value().host, "localhost");
  for (const auto* bad : {"localhost:80", "https://", "https://h/path"}) {
    options.kms_endpoint = bad;
    EXPECT_EQ(kms_service(options).error().code(), Errc::invalid_argument) << bad;
  }
  options.key_id = "arn:aws:s3:::bucket";
  EXPECT_EQ(kms_service(options).error().code(), Errc::invalid_argument);
}

}  // namespace
}  // namespace granary::blob::s3
