#include "db/postgres/errors.h"

#include <gtest/gtest.h>

#include <string>

namespace granary::db {
namespace {

const std::string kTo = "connection to server at \"db1\" (10.0.0.1), port 5432 failed: ";

Error refused(const std::string& said) { return login_error(said).value(); }

TEST(LoginError, HasTheMeaningOfTheStateThatTheServerGives) {
  const auto full =
      refused(kTo + "FATAL:  53300: too many connections for role \"granary\"\nLOCATION:  Init, a.c:1\n");
  EXPECT_EQ(full.code(), Errc::unavailable);
  EXPECT_EQ(full.message(), "the database server has no connection left");
  EXPECT_TRUE(full.brief()) << "others give theirs back";
  ASSERT_EQ(full.notes().size(), 1U);
  EXPECT_EQ(full.notes()[0], "53300: " + kTo + "FATAL:  53300: too many connections for role \"granary\"");

  const auto login = refused(kTo + "FATAL:  28P01: password authentication failed for user \"granary\"");
  EXPECT_EQ(login.message(), "the database server refused the login");
  EXPECT_FALSE(login.brief()) << "waiting does not help";
  EXPECT_EQ(refused(kTo + "FATAL:  3D000: database \"x\" does not exist").message(),
            "the database does not exist");
  EXPECT_TRUE(refused(kTo + "FATAL:  57P03: the database system is starting up").brief());
}

TEST(LoginError, IsInTheLanguageOfTheServerAndTheSecondAttemptChangesNothing) {
  EXPECT_EQ(
      refused(kTo + "FATAL:  28000: kein Eintrag, SSL ein\nORT:  a\n" + kTo + "FATAL:  28000: kein Eintrag")
          .message(),
      "the database server refused the login");
  EXPECT_EQ(refused(kTo + "SCHWERWIEGEND:  53300: zu viele").message(),
            "the database server has no connection left");
}

TEST(LoginError, IsUnavailableWhateverTheServerSays) {
  for (const auto* said : {"FATAL:  0A000: unsupported frontend protocol",
                           "FATAL:  57014: canceling authentication", "FATAL:  XX000: broken"}) {
    EXPECT_EQ(refused(kTo + said).code(), Errc::unavailable) << said;
    EXPECT_EQ(refused(kTo + said).message(), "the database server refused the connection") << said;
  }
}

TEST(LoginError, WithoutAStateTheServerWasNotReached) {
  for (const auto& said : {kTo + "Connection refused", kTo + "FATAL:  too many", kTo + "FATAL:  28p01: ",
                           kTo + "FATAL:  2800", std::string(":  "), std::string()}) {
    EXPECT_EQ(refused(said).message(), "the database server cannot be reached") << said;
    EXPECT_TRUE(refused(said).brief()) << said;
  }
}

}  // namespace
}  // namespace granary::db
