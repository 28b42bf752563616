/// Credentials that are asked for over HTTP, against a server that answers as the services do.

#include <gtest/gtest.h>

#include <map>

#include "base/testing/test_context.h"
#include "base/uri.h"
#include "blob/s3/credentials.h"
#include "blob/s3/sts.h"
#include "net/testing/fake_http_server.h"

namespace granary::blob::s3 {
namespace {

using net::FakeReply;
using net::FakeRequest;

class CredentialSourcesTest : public testing::Test {
 protected:
  Result<std::unique_ptr<CredentialSource>> find() {
    S3Options options;
    options.environment = environment;
    return find_credentials(options, [this](const std::string& path) -> std::optional<std::string> {
      const auto found = files.find(path);
      if (found == files.end()) return std::nullopt;
      return found->second;
    });
  }
  Result<Credentials> fetch() { return TRY(find())->fetch(test_context()); }
  std::map<std::string, std::string> environment, files;
  net::FakeHttpServer server;
};

const std::string kDocument =
    R"({"Code": "Success", "AccessKeyId": "A", "SecretAccessKey": "S", "Token": "T", "Expiration": "2024-05-01T13:00:00Z"})";
const Time kExpiration =
    Time(std::chrono::sys_days(std::chrono::year(2024) / 5 / 1)) + std::chrono::hours(13);

void expect_document(const Credentials& got) {
  EXPECT_EQ(got.access_key, "A");
  EXPECT_EQ(got.secret_key, "S");
  EXPECT_EQ(got.session_token, "T");
  EXPECT_EQ(got.expires, kExpiration);
}

class WebIdentityTest : public CredentialSourcesTest {
 protected:
  WebIdentityTest() {
    environment = {{"AWS_WEB_IDENTITY_TOKEN_FILE", "/var/token"},
                   {"AWS_ROLE_ARN", "arn:aws:iam::1:role/granary"},
                   {"AWS_ROLE_SESSION_NAME", "node"},
                   {"AWS_ENDPOINT_URL_STS", server.url() + "/"}};
    files = {{"/var/token", "first token\n"}};
    server.when("/").call([](const FakeRequest& request) -> FakeReply {
      std::map<std::string, std::string> form;
      for (auto& [name, value] : parse_query(request.body)) form[name] = value;
      EXPECT_EQ(form["Action"], "AssumeRoleWithWebIdentity");
      EXPECT_EQ(form["Version"], "2011-06-15");
      EXPECT_EQ(form["RoleArn"], "arn:aws:iam::1:role/granary");
      EXPECT_EQ(form["RoleSessionName"], "node");
      return {.body =
                  "<AssumeRoleWithWebIdentityResponse xmlns=\"https://sts.amazonaws.com/doc/2011-06-15/\">"
                  "<AssumeRoleWithWebIdentityResult><Credentials><SessionToken>T</SessionToken>"
                  "<SecretAccessKey>S</SecretAccessKey><Expiration>2024-05-01T13:00:00Z</Expiration>"
                  "<AccessKeyId>A</AccessKeyId></Credentials></AssumeRoleWithWebIdentityResult>"
                  "</AssumeRoleWithWebIdentityResponse>"};
    });
  }
};

TEST_F(WebIdentityTest, ATokenIsExchangedForKeysAndReadAgainEachTime) {
  const auto source = find().value();
  expect_document(source->fetch(test_context()).value());
  files["/var/token"] = "second";
  EXPECT_TRUE(source->fetch(test_context()));
  EXPECT_NE(server.requests().at(0).body.find("WebIdentityToken=first%20token"), std::string::npos);
  EXPECT_NE(server.requests().at(1).body.find("WebIdentityToken=second"), std::string::npos);
  EXPECT_EQ(source->name(),
            "the web identity of the role arn:aws:iam::1:role/granary (AWS_WEB_IDENTITY_TOKEN_FILE)");
}

TEST_F(WebIdentityTest, ItGoesBeforeTheCredentialsFileAndAfterKeysInTheEnvironment) {
  environment["HOME"] = "/h";
  files["/h/.aws/credentials"] = "[default]\naws_access_key_id=D\naws_secret_access_key=DS\n";
  EXPECT_EQ(fetch().value().access_key, "A");
  environment["AWS_ACCESS_KEY_ID"] = "E";
  environment["AWS_SECRET_ACCESS_KEY"] = "ES";
  EXPECT_EQ(fetch().value().access_key, "E");
}

TEST_F(WebIdentityTest, BusyServicesAreAskedAgainAndRefusalsAreNot) {
  server.fail_next(503, 1);
  EXPECT_TRUE(fetch());
  server.when("/").reply({.status = 403,
                          .body = "<ErrorResponse><Error><Code>AccessDenied</Code><Message>Not "
                                  "authorized</Message></Error></ErrorResponse>"});
  const auto error = fetch().error();
  EXPECT_EQ(error.code(), Errc::invalid_argument);
  EXPECT_NE(error.message().find("refuses the role arn:aws:iam::1:role/granary (403 AccessDenied)"),
            std::string::npos)
      << error.message();
  EXPECT_NE(error.hint().find("Not authorized"), std::string::npos) << error.hint();
  EXPECT_EQ(server.requests().size(), 3u);
}

TEST_F(WebIdentityTest, WhatIsMissingIsNamed) {
  server.when("/").reply(200, "<html/>");
  EXPECT_EQ(fetch().error().code(), Errc::corrupt);
  files.clear();
  EXPECT_NE(fetch().error().message().find("/var/token"), std::string::npos);
  environment.erase("AWS_ROLE_ARN");
  EXPECT_NE(fetch().error().message().find("AWS_ROLE_ARN"), std::string::npos);
}

TEST_F(CredentialSourcesTest, AContainerIsAskedWithItsToken) {
  environment = {{"AWS_CONTAINER_CREDENTIALS_FULL_URI", server.url() + "/v1/credentials"},
                 {"AWS_CONTAINER_AUTHORIZATION_TOKEN", "plain"}};
  server.when("/v1/credentials").reply(200, kDocument);
  expect_document(fetch().value());
  EXPECT_EQ(server.requests().back().headers.at("authorization"), "plain");
  environment["AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE"] = "/token";
  EXPECT_NE(fetch().error().message().find("/token"), std::string::npos);
  files["/token"] = "of the file\n";
  expect_document(fetch().value());
  EXPECT_EQ(server.requests().back().headers.at("authorization"), "of the file");
  server.when("/v1/credentials").reply(401, "");
  EXPECT_NE(fetch().error().message().find("answered 401"), std::string::npos);
  server.when("/v1/credentials").reply(200, R"({"AccessKeyId": "A"})");
  EXPECT_EQ(fetch().error().code(), Errc::corrupt);
}

TEST_F(CredentialSourcesTest, AContainersTokenIsNotSentInTheClearOverTheNetwork) {
  for (const auto* bad : {"http://example.com/x", "http://127.0.0.1@example.com/", "ftp://localhost/", "x"}) {
    environment["AWS_CONTAINER_CREDENTIALS_FULL_URI"] = bad;
    EXPECT_EQ(find().error().code(), Errc::invalid_argument) << bad;
  }
  for (const auto* good :
       {"https://example.com/x", "http://169.254.170.23/v1/credentials", "http://[::1]:80/"}) {
    environment["AWS_CONTAINER_CREDENTIALS_FULL_URI"] = good;
    EXPECT_TRUE(find()) << good;
  }
  environment["AWS_CONTAINER_CREDENTIALS_RELATIVE_URI"] = "/v2/x";
  EXPECT_EQ(find().value()->name(), "the container (http://169.254.170.2/v2/x)");
}

class InstanceTest : public CredentialSourcesTest {
 protected:
  InstanceTest() {
    environment = {{"AWS_EC2_METADATA_SERVICE_ENDPOINT", server.url()}, {"HOME", "/h"}};
    server.when("/latest/api/token").call([](const FakeRequest& request) -> FakeReply {
      if (request.method != "PUT" || !request.headers.contains("x-aws-ec2-metadata-token-ttl-seconds"))
        return {.status = 400};
      return {.body = "session"};
    });
    reply("/latest/meta-data/iam/security-credentials/", "my role\n");
    reply("/latest/meta-data/iam/security-credentials/my%20role", kDocument);
  }
  void reply(const std::string& path, const std::string& body) {
    server.when(path).call([body](const FakeRequest& request) -> FakeReply {
      const auto token = request.headers.find("x-aws-ec2-metadata-token");
      if (token == request.headers.end() || token->second != "session") return {.status = 401};
      return {.body = body};
    });
  }
};

TEST_F(InstanceTest, AMachineIsAskedWithASessionTokenWhenNothingElseIsSet) {
  expect_document(fetch().value());
  EXPECT_EQ(find().value()->name(), "the role of this machine (" + server.url() + ")");
}

TEST_F(InstanceTest, AMachineWithoutARoleSaysWhatWasTried) {
  server.when("/latest/meta-data/iam/security-credentials/").reply(404, "");
  const auto error = fetch().error();
  EXPECT_NE(error.message().find("this machine has no role"), std::string::npos) << error.message();
  for (const auto* tried : {"S3Storage.AccessKeyID", "AWS_ACCESS_KEY_ID", "AWS_WEB_IDENTITY_TOKEN_FILE",
                            "/h/.aws/credentials (not there)", "AWS_CONTAINER_CREDENTIALS_FULL_URI"})
    EXPECT_NE(error.hint().find(tried), std::string::npos) << tried;
}

TEST_F(InstanceTest, WhereThereIsNoMetadataServiceItIsSaidSo) {
  environment["AWS_EC2_METADATA_SERVICE_ENDPOINT"] = "http://127.0.0.1:1";
  const auto error = fetch().error();
  EXPECT_EQ(error.code(), Errc::unavailable);
  EXPECT_NE(error.message().find("no credentials for S3Storage"), std::string::npos) << error.message();
  EXPECT_NE(error.message().find("http://127.0.0.1:1 does not answer"), std::string::npos) << error.message();
}

TEST_F(InstanceTest, AMachineThatMayNotBeAskedIsNotAsked) {
  environment["AWS_EC2_METADATA_DISABLED"] = "true";
  EXPECT_EQ(find().error().message(), "no credentials for S3Storage");
  EXPECT_TRUE(server.requests().empty());
}

TEST(AssumedRole, AnAnswerThatIsNotWholeIsCorrupt) {
  EXPECT_EQ(parse_assumed_role("", "AssumeRole").error().code(), Errc::corrupt);
  EXPECT_EQ(parse_assumed_role("<AssumeRoleResponse/>", "AssumeRole").error().code(), Errc::corrupt);
}

}  // namespace
}  // namespace granary::blob::s3
