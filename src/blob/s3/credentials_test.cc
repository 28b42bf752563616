#include "blob/s3/credentials.h"

#include <gtest/gtest.h>

#include <map>

namespace granary::blob::s3 {
namespace {

using Texts = std::map<std::string, std::string>;

Surroundings made_of(Texts variables, Texts files) {
  const auto look_up = [](Texts texts) {
    return [texts = std::move(texts)](const std::string& name) -> std::optional<std::string> {
      const auto found = texts.find(name);
      if (found == texts.end()) return std::nullopt;
      return found->second;
    };
  };
  return {look_up(std::move(variables)), look_up(std::move(files))};
}

const std::string kFile =
    "# keys\n[default]\naws_access_key_id = D\naws_secret_access_key=DS\n\n[ team "
    "]\r\naws_access_key_id=T\r\n"
    "aws_secret_access_key = T=S\r\naws_session_token=TT\r\n[half]\naws_access_key_id=H\n";

TEST(S3Credentials, OptionsGoFirstThenTheEnvironmentThenTheFile) {
  const auto world = made_of({{"AWS_ACCESS_KEY_ID", "E"},
                              {"AWS_SECRET_ACCESS_KEY", "ES"},
                              {"AWS_SESSION_TOKEN", "ET"},
                              {"HOME", "/h"}},
                             {{"/h/.aws/credentials", kFile}});
  S3Options options;
  options.access_key = "O";
  options.secret_key = "OS";
  EXPECT_EQ(find_credentials(options, world).value().access_key, "O");
  options = {};
  EXPECT_EQ(find_credentials(options, world).value().access_key, "E");
  EXPECT_EQ(find_credentials(options, world).value().session_token, "ET");
  options.profile = "team";
  EXPECT_EQ(find_credentials(options, world).value().secret_key, "T=S");
  EXPECT_EQ(find_credentials(options, world).value().session_token, "TT");
  EXPECT_EQ(
      find_credentials({}, made_of({{"HOME", "/h"}}, {{"/h/.aws/credentials", kFile}})).value().secret_key,
      "DS");
  EXPECT_EQ(find_credentials({}, made_of({{"AWS_SHARED_CREDENTIALS_FILE", "/x"}, {"AWS_PROFILE", "team"}},
                                         {{"/x", kFile}}))
                .value()
                .access_key,
            "T");
}

TEST(S3Credentials, WhatIsMissingIsSaid) {
  EXPECT_EQ(find_credentials({}, made_of({}, {})).error().code(), Errc::invalid_argument);
  S3Options options;
  options.access_key = "O";
  EXPECT_EQ(find_credentials(options, made_of({}, {})).error().code(), Errc::invalid_argument);
  options = {};
  options.profile = "none";
  const auto error =
      find_credentials(options, made_of({{"HOME", "/h"}}, {{"/h/.aws/credentials", kFile}})).error();
  EXPECT_NE(error.message().find("'none'"), std::string::npos);
  options.profile = "half";
  EXPECT_FALSE(find_credentials(options, made_of({{"HOME", "/h"}}, {{"/h/.aws/credentials", kFile}})));
}

}  // namespace
}  // namespace granary::blob::s3
