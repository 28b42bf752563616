#include "blob/s3/credentials.h"

#include <gtest/gtest.h>

#include <map>

#include "base/testing/test_context.h"

namespace granary::blob::s3 {
namespace {

using Texts = std::map<std::string, std::string>;

Result<Credentials> find(S3Options options, Texts environment, Texts files) {
  options.environment = std::move(environment);
  const auto source =
      TRY(find_credentials(options, [&](const std::string& path) -> std::optional<std::string> {
        const auto found = files.find(path);
        if (found == files.end()) return std::nullopt;
        return found->second;
      }));
  return source->fetch(test_context());
}

const std::string kFile =
    "# keys\n[default]\naws_access_key_id = D\naws_secret_access_key=DS\n\n[ team "
    "]\r\naws_access_key_id=T\r\n"
    "aws_secret_access_key = T=S\r\naws_session_token=TT\r\n[half]\naws_access_key_id=H\n";

const Texts kFiles = {{"/h/.aws/credentials", kFile}};

TEST(S3Credentials, OptionsGoFirstThenTheEnvironmentThenTheFile) {
  const Texts world = {{"AWS_ACCESS_KEY_ID", "E"},
                       {"AWS_SECRET_ACCESS_KEY", "ES"},
                       {"AWS_SESSION_TOKEN", "ET"},
                       {"HOME", "/h"}};
  S3Options options;
  options.access_key = "O";
  options.secret_key = "OS";
  EXPECT_EQ(find(options, world, kFiles).value().access_key, "O");
  EXPECT_EQ(find({}, world, kFiles).value().access_key, "E");
  EXPECT_EQ(find({}, world, kFiles).value().session_token, "ET");
  options = {};
  options.profile = "team";
  EXPECT_EQ(find(options, world, kFiles).value().secret_key, "T=S");
  EXPECT_EQ(find(options, world, kFiles).value().session_token, "TT");
  EXPECT_EQ(find({}, {{"HOME", "/h"}}, kFiles).value().secret_key, "DS");
  EXPECT_EQ(find({}, {{"AWS_SHARED_CREDENTIALS_FILE", "/x"}, {"AWS_PROFILE", "team"}}, {{"/x", kFile}})
                .value()
                .access_key,
            "T");
}

TEST(S3Credentials, WhatIsMissingIsSaid) {
  EXPECT_EQ(find({}, {{"AWS_EC2_METADATA_DISABLED", "true"}}, {}).error().code(), Errc::invalid_argument);
  EXPECT_NE(find({}, {{"AWS_ACCESS_KEY_ID", "E"}}, {}).error().message().find("AWS_SECRET_ACCESS_KEY is not"),
            std::string::npos);
  EXPECT_NE(find({}, {{"HOME", "/h"}, {"AWS_PROFILE", "none"}}, kFiles).error().message().find("'none'"),
            std::string::npos);
  S3Options options;
  options.access_key = "O";
  EXPECT_EQ(find(options, {}, {}).error().code(), Errc::invalid_argument);
  options = {};
  options.profile = "none";
  EXPECT_NE(find(options, {{"HOME", "/h"}}, kFiles).error().message().find("'none'"), std::string::npos);
  options.profile = "half";
  EXPECT_FALSE(find(options, {{"HOME", "/h"}}, kFiles));
}

}  // namespace
}  // namespace granary::blob::s3
