#include "config/settings.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <sstream>

namespace granary::config {
namespace {

using testing::HasSubstr;
using namespace std::chrono_literals;

Settings settings_of(std::string_view text, const Environment& environment = {}) {
  auto report = load(text, "f", environment);
  EXPECT_TRUE(report) << (report ? "" : report.error().message());
  return report ? std::move(report->settings) : Settings{};
}

TEST(Settings, AnErrorIsOneLineAlsoWhenTheValueIsNot) {
  const auto report = check("[HTTP]\nListen = \"9\\nx\"\n", "f", {});
  ASSERT_EQ(report.errors.size(), 1u);
  EXPECT_EQ(report.errors[0].message(), "HTTP.Listen '9?x' is not an address and port");
}

TEST(Settings, AnEmptyFileGivesTheDefaults) {
  const auto s = settings_of("");
  EXPECT_EQ(s.http.listen, ":4242");
  EXPECT_EQ(s.metrics.listen, ":2112");
  EXPECT_TRUE(s.metrics.enabled);
  EXPECT_EQ(s.database.provider, "sqlite");
  EXPECT_EQ(s.sqlite.dir, "/var/lib/granary/db");
  EXPECT_EQ(s.socket_path(), "/var/lib/granary/run/granary.sock");
  EXPECT_EQ(s.limits.request_timeout, 5min);
  EXPECT_EQ(s.limits.upload_size, 16ULL << 30);
  EXPECT_TRUE(s.authentication.api_token_auth);
}

TEST(Settings, NamesHaveNoCaseAndTheLastValueWins) {
  const auto s =
      settings_of("[server]\nDATADIR = /a/\n[SERVER]\ndatadir=/b/\n[Metrics]\nListen = 9000\nenabled = off");
  EXPECT_EQ(s.server.data_dir, "/b");
  EXPECT_EQ(s.file_storage.location, "/b/packages");
  EXPECT_EQ(s.metrics.listen, ":9000");
  EXPECT_FALSE(s.metrics.enabled);
}

TEST(Settings, TheEnvironmentWinsOverTheFileAndOurNamesOverTheIncumbents) {
  const auto s = settings_of("[HTTP]\nListen = :1\n[PostgresPool]\nMaxOpenConns = 7\n",
                             {{"GRANARY_HTTP_LISTEN", ":3"},
                              {"PACKAGEMANAGER_HTTP_LISTEN", ":2"},
                              {"PACKAGEMANAGER_SERVER_DATADIR", "/data"},
                              {"OTHER", "x"}});
  EXPECT_EQ(s.http.listen, ":3");
  EXPECT_EQ(s.server.data_dir, "/data");
  EXPECT_EQ(s.postgres_pool.max_open_connections, 7);
}

TEST(Settings, TheIncumbentsFileIsAcceptedAndReportedOnce) {
  // Given a file with settings that mean nothing yet
  const auto report = check(
      "[Server]\nAddress = https://h/rspm/\nRVersion = /opt/R/4.4\nLauncherDir = /x\nServiceLog = /y\n"
      "[CRAN]\nSyncSchedule = \"0 0 * * *\"\n[Git]\nPollInterval = 5m\nBuildRetries = 3\n"
      "[IdentityFederation \"gh\"]\nIssuer = https://x\n[FileStorage \"cran\"]\nLocation = /x\n",
      "f", {});
  // Then it loads, with one warning that names them
  EXPECT_TRUE(report.errors.empty());
  EXPECT_EQ(report.settings.server.address, "https://h/rspm");
  EXPECT_EQ(report.settings.cran.sync_schedule, "0 0 * * *");
  EXPECT_EQ(report.settings.git.build_retries, 3);
  ASSERT_EQ(report.warnings.size(), 1U);
  EXPECT_THAT(report.warnings[0], HasSubstr(": Server.LauncherDir, Server.ServiceLog"));
  EXPECT_THAT(report.warnings[0], HasSubstr("[FileStorage \"cran\"]"));
}

TEST(Settings, ThePathPrefixIsThePathOfTheAddress) {
  EXPECT_EQ(settings_of("[Server]\nAddress = https://h/a/b/\n").path_prefix(), "/a/b");
  EXPECT_EQ(settings_of("[Server]\nAddress = https://h:1\n").path_prefix(), "");
  EXPECT_EQ(settings_of("").path_prefix(), "");
}

struct BadCase {
  const char* text;
  const char* message;
  const char* hint;
};
class BadSettings : public testing::TestWithParam<BadCase> {};

TEST_P(BadSettings, AreErrorsThatSayWhatToDo) {
  const auto report = load(GetParam().text, "f", {});
  ASSERT_FALSE(report) << GetParam().text;
  EXPECT_EQ(report.error().code(), Errc::invalid_argument);
  EXPECT_THAT(report.error().message(), HasSubstr(GetParam().message));
  EXPECT_THAT(report.error().hint(), HasSubstr(GetParam().hint));
}

INSTANTIATE_TEST_SUITE_P(
    Bad, BadSettings,
    testing::Values(
        BadCase{"[HTTP]\nListn = :1", "f:2: unknown setting HTTP.Listn", "HTTP.Listen"},
        BadCase{"\n[HTPP]\nListen = :1", "f:3: unknown section [HTPP]", "[HTTP]"},
        BadCase{"[Server]\nBucket = b", "unknown setting Server.Bucket", "S3Storage.Bucket"},
        BadCase{"[HTTP]\nListen = :1\n[HTTPS]\nListen = :1\nCertificate = a\nKey = b",
                "HTTP.Listen and HTTPS.Listen using same value", "port"},
        BadCase{"[HTTPS]\nListen = :1", "HTTPS.Certificate", "PEM"},
        BadCase{"[HTTPS]\nMinimumTLS = 0.9", "f:2: HTTPS.MinimumTLS: '0.9'", "1.0, 1.1, 1.2, 1.3"},
        BadCase{"[Database]\nProvider = oracle", "'oracle' is not one of its values", "sqlite, postgres"},
        BadCase{"[Database]\nProvider = Postgres", "Postgres.URL is not set", "postgres://"},
        BadCase{"[HTTP]\nListen = 127.0.0.1:99999", "HTTP.Listen '127.0.0.1:99999'", "65535"},
        BadCase{"[HTTP]\nListen = localhost", "is not an address and port", ":4242"},
        BadCase{"[Storage]\nDefault = S3", "S3Storage.Bucket", "bucket"},
        BadCase{"[S3Storage]\nSSEKMSKeyID = k", "S3Storage.SSEKMSKeyID", "aws:kms"},
        BadCase{"[S3Storage]\nServerSideEncryption = des", "S3Storage.ServerSideEncryption", "aes256"},
        BadCase{"[Limits]\nRequestTimeout = 30", "is not a duration", "30s"},
        BadCase{"[Limits]\nQueue = -1", "is not a number", "digits"},
        BadCase{"[Limits]\nHotCache = lots", "is not a size", "64MiB"},
        BadCase{"[Metrics]\nEnabled = maybe", "is not a boolean", "true"},
        BadCase{"[HTTP \"x\"]\nListen = :1", "takes no name", "[HTTP]"},
        BadCase{"[HTTP]\nListen", "has no value", "Listen = value"},
        BadCase{"[HTTP]\nListen =", "neither HTTP.Listen nor HTTPS.Listen", ":4242"},
        BadCase{"[Metrics]\nListen = :4242", "Metrics.Listen uses", "port"},
        BadCase{"[Server]\nAddress = host", "Server.Address is not a URL", "http://"},
        BadCase{"[HTTP]\nTrustedProxies = 10.0.0.0/8, proxy", "'proxy' is not a network", "10.0.0.0/8"},
        BadCase{"[Git]\nPollInterval = soon", "is not a duration", "30s"}));

TEST(Settings, EveryErrorIsReportedAndUnknownVariablesAreWarnings) {
  const auto report = check("[A]\nx=1\ny=2\n[HTTP]\nz=1\n", "f",
                            {{"GRANARY_HTP_LISTEN", ":1"},
                             {"GRANARY_ADDRESS", "http://x"},
                             {"GRANARY_PORT_4242_TCP", "tcp://x"},
                             {"GRANARY_LIMITS_QUEUE", "x"}});
  EXPECT_EQ(report.errors.size(), 3U);
  ASSERT_EQ(report.warnings.size(), 1U);
  EXPECT_THAT(report.warnings[0], HasSubstr("GRANARY_HTP_LISTEN"));
}

TEST(Settings, WhatOnlyARestartChangesIsNamed) {
  const auto before = settings_of("[Logging]\nSystemLogLevel = info\n");
  const auto after =
      settings_of("[Logging]\nSystemLogLevel = debug\n[HTTP]\nListen = :1\n[Postgres]\nPassword = other\n");
  EXPECT_EQ(changed_until_restart(before, after),
            (std::vector<std::string>{"HTTP.Listen", "Postgres.Password"}));
  EXPECT_TRUE(changed_until_restart(before, before).empty());
}

TEST(SettingsReference, TheCommittedPageIsWhatTheListGives) {
  std::ifstream file(GRANARY_SOURCE_DIR "/docs/settings.md");
  std::stringstream committed;
  committed << file.rdbuf();
  EXPECT_EQ(committed.str(), settings_markdown()) << "run: granary settings --markdown > docs/settings.md";
}

TEST(SettingsReference, TheExampleIsAFileThatChangesNothing) {
  // Given the example with its comments taken off
  std::istringstream lines(settings_example());
  std::string text, line;
  while (std::getline(lines, line))
    text += (line.starts_with(";") && !line.starts_with("; ") ? line.substr(1) : line) + "\n";
  // Then it loads to the defaults
  const auto s = settings_of(text);
  EXPECT_EQ(s.limits.hot_cache, settings_of("").limits.hot_cache);
  EXPECT_EQ(s.sqlite.dir, settings_of("").sqlite.dir);
}

}  // namespace
}  // namespace granary::config
