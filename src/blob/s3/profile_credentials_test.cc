/// Profiles of AWS's shared files, and the roles that they name, against a server that answers as STS does.

#include "blob/s3/profile_credentials.h"

#include <gtest/gtest.h>

#include <map>

#include "base/testing/test_context.h"
#include "base/uri.h"
#include "blob/s3/profiles.h"
#include "net/testing/fake_http_server.h"

namespace granary::blob::s3 {
namespace {

using net::FakeReply;
using net::FakeRequest;

TEST(Profiles, SectionsOfTheConfigFileAreCalledProfile) {
  constexpr std::string_view kConfig =
      "[default]\nregion = x\n[profile team]\nROLE_ARN = r\ns3 =\n  role_arn = nested\n  a = "
      "b\nsource_profile=y\n"
      "[sso-session team]\nrole_arn = wrong\n[profileteam]\nrole_arn = wrong\n[profile other";
  EXPECT_EQ(parse_profile(kConfig, "default", SharedFile::config), (Profile{{"region", "x"}}));
  EXPECT_EQ(parse_profile(kConfig, "team", SharedFile::config),
            (Profile{{"role_arn", "r"}, {"source_profile", "y"}}));
  EXPECT_TRUE(parse_profile(kConfig, "", SharedFile::config).empty());
  EXPECT_TRUE(parse_profile(kConfig, "team", SharedFile::credentials).empty());
}

class ProfileCredentialsTest : public testing::Test {
 protected:
  ProfileCredentialsTest() {
    environment = {{"HOME", "/h"}, {"AWS_ENDPOINT_URL_STS", server.url()}, {"AWS_REGION", "eu-west-1"}};
    files["/h/.aws/credentials"] = "[base]\naws_access_key_id = B\naws_secret_access_key = BS\n";
    server.when("/").call([this](const FakeRequest& request) -> FakeReply {
      std::map<std::string, std::string> form;
      for (auto& [name, value] : parse_query(request.body)) form[name] = value;
      forms.push_back(form);
      signers.push_back(request.headers.contains("authorization") ? request.headers.at("authorization") : "");
      const auto& action = form["Action"];
      return {.body = "<" + action + "Response><" + action + "Result><Credentials><AccessKeyId>of " +
                      form["RoleArn"] +
                      "</AccessKeyId><SecretAccessKey>S</SecretAccessKey><SessionToken>T</SessionToken>"
                      "<Expiration>2024-05-01T13:00:00Z</Expiration></Credentials></" +
                      action + "Result></" + action + "Response>"};
    });
  }
  Result<std::unique_ptr<CredentialSource>> find() {
    S3Options options;
    options.environment = environment;
    options.profile = "team";
    return find_credentials(options, [this](const std::string& path) -> std::optional<std::string> {
      const auto found = files.find(path);
      if (found == files.end()) return std::nullopt;
      return found->second;
    });
  }
  Result<Credentials> fetch() { return TRY(find())->fetch(test_context()); }
  void config(const std::string& text) { files["/h/.aws/config"] = text; }

  std::map<std::string, std::string> environment, files;
  net::FakeHttpServer server;
  std::vector<std::map<std::string, std::string>> forms;
  std::vector<std::string> signers;
};

TEST_F(ProfileCredentialsTest, KeysMayStandInEitherFileAndAreReadAgain) {
  config("[profile team]\naws_access_key_id = C\naws_secret_access_key = CS\naws_session_token = CT\n");
  const auto source = find().value();
  EXPECT_EQ(source->fetch(test_context()).value().session_token, "CT");
  files["/h/.aws/credentials"] += "[team]\naws_access_key_id = D\naws_secret_access_key = DS\n";
  EXPECT_EQ(source->fetch(test_context()).value().access_key, "D");
  EXPECT_EQ(source->fetch(test_context()).value().session_token, "") << "that of another key";
  EXPECT_TRUE(forms.empty());
}

TEST_F(ProfileCredentialsTest, ARoleIsAskedForWithTheKeysOfTheSourceProfile) {
  config(
      "[profile team]\nrole_arn = r1\nsource_profile = base\nexternal_id = e\nduration_seconds = 900\n"
      "role_session_name = node\n");
  const auto source = find().value();
  EXPECT_EQ(source->name(), "the role r1 by the profile 'base' in /h/.aws/credentials");
  const auto keys = source->fetch(test_context()).value();
  EXPECT_EQ(keys.access_key, "of r1");
  EXPECT_EQ(keys.session_token, "T");
  EXPECT_TRUE(keys.expires);
  ASSERT_EQ(forms.size(), 1u);
  EXPECT_EQ(forms[0]["Action"], "AssumeRole");
  EXPECT_EQ(forms[0]["RoleSessionName"], "node");
  EXPECT_EQ(forms[0]["ExternalId"], "e");
  EXPECT_EQ(forms[0]["DurationSeconds"], "900");
  EXPECT_NE(signers[0].find("Credential=B/"), std::string::npos) << signers[0];
  EXPECT_NE(signers[0].find("/eu-west-1/sts/aws4_request"), std::string::npos) << signers[0];
}

TEST_F(ProfileCredentialsTest, RolesMayNeedRoles) {
  config(
      "[profile team]\nrole_arn = r1\nsource_profile = middle\n"
      "[profile middle]\nrole_arn = r2\nsource_profile = base\n");
  EXPECT_EQ(fetch().value().access_key, "of r1");
  ASSERT_EQ(forms.size(), 2u);
  EXPECT_EQ(forms[0]["RoleArn"], "r2");
  EXPECT_NE(signers[1].find("Credential=of r2/"), std::string::npos) << signers[1];
}

TEST_F(ProfileCredentialsTest, AProfileMayAskForItsRoleWithItsOwnKeys) {
  config(
      "[profile team]\nrole_arn = r1\nsource_profile = team\naws_access_key_id = C\naws_secret_access_key = "
      "CS\n");
  EXPECT_EQ(fetch().value().access_key, "of r1");
  EXPECT_NE(signers.at(0).find("Credential=C/"), std::string::npos);
}

TEST_F(ProfileCredentialsTest, TheEnvironmentOrATokenMayStandForTheRole) {
  config("[profile team]\nrole_arn = r1\ncredential_source = Environment\n");
  EXPECT_NE(find().error().message().find("AWS_ACCESS_KEY_ID"), std::string::npos);
  environment["AWS_ACCESS_KEY_ID"] = "E";
  environment["AWS_SECRET_ACCESS_KEY"] = "ES";
  EXPECT_EQ(fetch().value().access_key, "of r1");
  EXPECT_NE(signers.at(0).find("Credential=E/"), std::string::npos);
  config("[profile team]\nrole_arn = r1\nweb_identity_token_file = /token\nduration_seconds = 900\n");
  files["/token"] = "t";
  EXPECT_EQ(fetch().value().access_key, "of r1");
  EXPECT_EQ(forms.at(1)["WebIdentityToken"], "t");
  EXPECT_EQ(forms.at(1)["DurationSeconds"], "900");
  EXPECT_EQ(signers.at(1), "");
}

TEST_F(ProfileCredentialsTest, WhatLeadsToNoKeySaysSo) {
  const std::pair<const char*, const char*> bad[] = {
      {"role_arn = r", "needs one of source_profile and credential_source"},
      {"role_arn = r\nsource_profile = base\ncredential_source = Environment", "needs one of"},
      {"role_arn = r\nsource_profile = team", "leads back to 'team'"},
      {"role_arn = r\nsource_profile = base\nmfa_serial = m", "mfa_serial of the profile 'team'"},
      {"role_arn = r\ncredential_source = Moon", "is Moon, which is not there"},
      {"credential_process = /bin/x", "credential_process of the profile 'team' is not taken"},
      {"sso_session = s", "sso_session of the profile 'team' is not taken"},
      {"region = r", "no keys for the profile 'team'"},
      {"role_arn = r\nsource_profile = absent", "no keys for the profile 'absent'"},
  };
  for (const auto& [text, message] : bad) {
    config(std::string("[profile team]\n") + text + "\n");
    const auto got = fetch();
    ASSERT_FALSE(got) << text;
    EXPECT_EQ(got.error().code(), Errc::invalid_argument) << text;
    EXPECT_NE(got.error().message().find(message), std::string::npos) << got.error().message();
    EXPECT_FALSE(got.error().hint().empty()) << text;
  }
  config(
      "[profile team]\nrole_arn = r1\nsource_profile = other\n[profile other]\nrole_arn = r2\nsource_profile "
      "= team\n");
  EXPECT_NE(fetch().error().message().find("leads back to"), std::string::npos);
}

TEST_F(ProfileCredentialsTest, ARefusalNamesTheRoleAndWhoAsked) {
  config("[profile team]\nrole_arn = r1\nsource_profile = base\n");
  server.when("/").reply({.status = 403,
                          .body = "<ErrorResponse><Error><Code>AccessDenied</Code><Message>Not "
                                  "authorized</Message></Error></ErrorResponse>"});
  const auto error = fetch().error();
  EXPECT_EQ(error.code(), Errc::invalid_argument);
  EXPECT_NE(error.message().find("refuses the role r1 (403 AccessDenied)"), std::string::npos)
      << error.message();
  EXPECT_NE(error.hint().find("trusts the profile 'base'"), std::string::npos) << error.hint();
  EXPECT_NE(error.hint().find("Not authorized"), std::string::npos) << error.hint();
}

}  // namespace
}  // namespace granary::blob::s3
