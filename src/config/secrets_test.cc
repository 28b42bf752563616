#include "config/secrets.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/file.h"
#include "base/testing/temporary_folder.h"

namespace granary::config {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

const std::string kOne(64, '1'), kTwo(64, '2');

class SecretsTest : public testing::Test {
 protected:
  Settings settings_of(std::string_view text) {
    auto report = load("[Server]\nDataDir = " + folder.path() + "\n" + std::string(text), "f", {});
    EXPECT_TRUE(report);
    return report ? report->settings : Settings{};
  }
  std::string encrypted(const std::string& hex, std::string_view secret) {
    return EncryptionKey::parse(hex)->encrypt(secret);
  }
  TemporaryFolder folder;
};

TEST_F(SecretsTest, TheKeyComesFromTheVariableElseFromTheFile) {
  const auto s = settings_of("");
  const auto none = find_key(s, {});
  ASSERT_TRUE(none);
  EXPECT_FALSE(none->has_value());
  ASSERT_TRUE(write_file_durably(folder.path() + "/granary.key", kOne + "\n", 0600));
  const auto filed = find_key(s, {});
  ASSERT_TRUE(filed && *filed);
  EXPECT_EQ((*filed)->fingerprint(), EncryptionKey::parse(kOne)->fingerprint());
  for (const char* name : {"GRANARY_ENCRYPTION_KEY", "PACKAGEMANAGER_ENCRYPTION_KEY"}) {
    const auto given = find_key(s, {{name, kTwo}});
    ASSERT_TRUE(given && *given);
    EXPECT_EQ((*given)->fingerprint(), EncryptionKey::parse(kTwo)->fingerprint());
  }
}

TEST_F(SecretsTest, AKeyThatIsNamedAndNotThereOrNotAKeyIsAnError) {
  const auto missing = find_key(settings_of("EncryptionKeyPath = {DataDir}/other.key"), {});
  ASSERT_FALSE(missing);
  EXPECT_THAT(missing.error().message(),
              AllOf(HasSubstr("Server.EncryptionKeyPath"), HasSubstr("other.key")));
  ASSERT_TRUE(write_file_durably(folder.path() + "/granary.key", "password"));
  const auto wrong = find_key(settings_of(""), {});
  ASSERT_FALSE(wrong);
  EXPECT_THAT(wrong.error().message(), AllOf(HasSubstr("granary.key"), Not(HasSubstr("password"))));
  const auto variable = find_key(settings_of(""), {{"GRANARY_ENCRYPTION_KEY", "x"}});
  ASSERT_FALSE(variable);
  EXPECT_THAT(variable.error().message(), HasSubstr("GRANARY_ENCRYPTION_KEY"));
}

TEST_F(SecretsTest, EncryptedValuesAreDecryptedAndPlainOnesLeftAlone) {
  auto s = settings_of("[Postgres]\nPassword = " + encrypted(kOne, "from the file") +
                       "\n[S3Storage]\nSecretAccessKey = plain\n");
  ASSERT_TRUE(decrypt_secrets(s, *EncryptionKey::parse(kOne)));
  EXPECT_EQ(s.postgres.password.value, "from the file");
  EXPECT_EQ(s.s3.secret_access_key.value, "plain");
}

TEST_F(SecretsTest, AWrongKeyIsAnErrorThatNamesTheSettingAndBothKeys) {
  auto s = settings_of("[Postgres]\nPassword = " + encrypted(kOne, "x"));
  const auto wrong = decrypt_secrets(s, *EncryptionKey::parse(kTwo));
  ASSERT_FALSE(wrong);
  EXPECT_THAT(wrong.error().message(),
              AllOf(HasSubstr("Postgres.Password"), HasSubstr(EncryptionKey::parse(kOne)->fingerprint()),
                    HasSubstr(EncryptionKey::parse(kTwo)->fingerprint())));
  const auto without = decrypt_secrets(s, std::nullopt);
  ASSERT_FALSE(without);
  EXPECT_THAT(without.error().hint(), HasSubstr("GRANARY_ENCRYPTION_KEY"));
}

}  // namespace
}  // namespace granary::config
