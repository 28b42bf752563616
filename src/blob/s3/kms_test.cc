#include "blob/s3/kms.h"

#include <gtest/gtest.h>

#include <thread>

#include "base/hash.h"
#include "base/testing/fake_clock.h"
#include "base/testing/test_context.h"
#include "base/time_text.h"
#include "blob/s3/data_keys.h"
#include "net/testing/fake_http_server.h"

namespace granary::blob::s3 {
namespace {

using namespace std::chrono_literals;

const Digest kDigest = sha256(as_bytes("hello")), kOther = sha256(as_bytes("other"));

std::string date_of(Time time) { return http_date(std::chrono::floor<std::chrono::seconds>(time)); }

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
  const auto made = kms.generate(test_context()).value();
  EXPECT_EQ(made.key_id, "arn");
  EXPECT_EQ(made.encrypted, "encrypted");
  const auto request = server.requests().at(0);
  EXPECT_EQ(request.headers.at("x-amz-target"), "TrentService.GenerateDataKey");
  EXPECT_EQ(
      request.body,
      R"({"KeyId":"alias/granary","KeySpec":"AES_256","EncryptionContext":{"granary":"sealed objects"}})");
  EXPECT_NE(request.headers.at("authorization").find("/us-east-1/kms/aws4_request"), std::string::npos);
}

TEST_F(KmsTest, RefusalsSayWhatToCheck) {
  server.when("/").reply(
      {.status = 400, .body = R"({"__type": "a.b#NotFoundException", "message": "no such key"})"});
  const auto error = kms.generate(test_context()).error();
  EXPECT_EQ(error.code(), Errc::unavailable);
  EXPECT_EQ(error.message(), "the key service refuses GenerateDataKey (400 NotFoundException)");
  EXPECT_NE(error.hint().find("S3Storage.KeyID"), std::string::npos);
  EXPECT_NE(error.notes().front().find("no such key"), std::string::npos);
  server.when("/").reply({.status = 400, .body = R"({"__type": "InvalidCiphertextException"})"});
  EXPECT_EQ(kms.decrypt(test_context(), kDigest, envelope).error().code(), Errc::corrupt);
  server.when("/").reply(200, R"({"KeyId": "arn", "Plaintext": "c2hvcnQ="})");
  EXPECT_EQ(kms.generate(test_context()).error().code(), Errc::corrupt);
}

TEST_F(KmsTest, BusyServicesAreAskedAgain) {
  server.fail_next(503, 1);
  EXPECT_TRUE(kms.generate(test_context()));
  server.fail_next(503, 2);
  EXPECT_EQ(kms.generate(test_context()).error().code(), Errc::unavailable);
}

TEST_F(KmsTest, OneKeyIsForManyObjectsAndAtHandForReading) {
  DataKeys keys(settings(), 2);
  const auto made = keys.next(test_context()).value();
  for (int object = 1; object < DataKeys::kObjectsPerKey; ++object)
    EXPECT_EQ(keys.next(test_context())->key, made.key);
  const Envelope shared{
      .plain_size = 1, .key_id = "arn", .encrypted_key = "encrypted", .salt = std::string(32, 's')};
  EXPECT_EQ(keys.find(test_context(), kDigest, shared).value(), made.key);
  EXPECT_EQ(keys.find(test_context(), kOther, shared).value(), made.key);
  EXPECT_EQ(server.requests().size(), 1u);
  EXPECT_NE(keys.next(test_context())->key, made.key) << "and then another";
  EXPECT_EQ(server.requests().size(), 2u);
}

TEST_F(KmsTest, AfterItsLifeAKeyIsOfTheNewMasterKeyAndTheOldOneStaysAtHand) {
  const auto began = Context::Clock::now();
  DataKeys keys(settings(), 2, 100ms);
  const auto old = keys.next(test_context()).value();
  EXPECT_EQ(old.key_id, "arn");
  server.when("/").reply(200, R"({"KeyId": "rotated", "CiphertextBlob": "b3RoZXI=", "Plaintext": ")" +
                                  base64(as_bytes(std::string(32, 'n'))) + "\"}");
  auto next = keys.next(test_context()).value();
  while (next.key_id == "arn" && Context::Clock::now() < began + 10s) {
    EXPECT_EQ(next.key, old.key);
    std::this_thread::sleep_for(5ms);  // or it is its number of objects that ends it
    next = keys.next(test_context()).value();
  }
  EXPECT_EQ(next.key_id, "rotated");
  EXPECT_GE(Context::Clock::now() - began, 100ms);
  EXPECT_EQ(server.requests().size(), 2u);
  const Envelope before{
      .plain_size = 1, .key_id = "arn", .encrypted_key = "encrypted", .salt = std::string(32, 's')};
  EXPECT_EQ(keys.find(test_context(), kDigest, before).value(), old.key);
  EXPECT_EQ(server.requests().size(), 2u);
}

TEST_F(KmsTest, KeysOfTheFirstVersionAreForTheirObjectOnly) {
  DataKeys keys(settings(), 2);
  const auto key = keys.find(test_context(), kDigest, envelope).value();
  EXPECT_EQ(server.requests().back().body,
            R"({"KeyId":"arn","CiphertextBlob":"ZW5jcnlwdGVk","EncryptionContext":{"sha256":")" +
                kDigest.hex() + "\"}}");
  EXPECT_EQ(keys.find(test_context(), kDigest, envelope).value(), key);
  EXPECT_EQ(server.requests().size(), 1u);
  EXPECT_TRUE(keys.find(test_context(), kOther, envelope));
  EXPECT_EQ(server.requests().size(), 2u);
  EXPECT_TRUE(keys.find(test_context(), sha256({}), envelope));  // the first one is forgotten
  EXPECT_TRUE(keys.find(test_context(), kOther, envelope));
  EXPECT_EQ(server.requests().size(), 3u);
  EXPECT_NE(keys.find(test_context(), kDigest, envelope).value(), key);
  EXPECT_EQ(server.requests().size(), 4u);
}

TEST_F(KmsTest, EachObjectHasAKeyOfItsOwn) {
  const KeyMaterial secret(std::string(32, 'k'));
  const auto sealed = [&](const Digest& digest, const std::string& salt) {
    std::string out;
    secret.key_of(digest, salt)->seal({}, {}, as_bytes("the same"), out);
    return out;
  };
  const std::string one(kSaltSize, '1'), two(kSaltSize, '2');
  EXPECT_EQ(sealed(kDigest, one), sealed(kDigest, one));
  EXPECT_NE(sealed(kDigest, one), sealed(kDigest, two));
  EXPECT_NE(sealed(kDigest, one), sealed(kOther, one));
  EXPECT_NE(sealed(kDigest, one), sealed(kDigest, ""));
}

TEST_F(KmsTest, AClockThatIsWrongIsMadeUpFor) {
  FakeClock clock;
  server.next({.status = 400,
               .headers = {{"Date", date_of(clock.now() + 2h)}},
               .body = R"({"__type": "InvalidSignatureException"})"});
  auto with_clock = settings();
  with_clock.clock = &clock;
  Kms wrong(std::move(with_clock));
  ASSERT_TRUE(wrong.generate(test_context()));
  EXPECT_EQ(server.requests().at(1).headers.at("x-amz-date"), amz_date(clock.now() + 2h));
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
