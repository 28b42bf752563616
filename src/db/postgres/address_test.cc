#include "db/postgres/address.h"

#include <gtest/gtest.h>

namespace granary::db {
namespace {

std::string value_of(const PostgresAddress& address, std::string_view keyword) {
  for (const auto& [key, value] : address.parameters)
    if (key == keyword) return value;
  return "(none)";
}

TEST(Address, AUrlIsTakenApart) {
  const auto address = parse_address("postgres://ann:s%20t@db.example:6432/pm?sslmode=require", "");
  ASSERT_TRUE(address);
  EXPECT_EQ(value_of(*address, "host"), "db.example");
  EXPECT_EQ(value_of(*address, "port"), "6432");
  EXPECT_EQ(value_of(*address, "dbname"), "pm");
  EXPECT_EQ(value_of(*address, "password"), "s t");
  EXPECT_EQ(value_of(*address, "sslmode"), "require");
}

TEST(Address, ThePasswordOfTheSettingsWins) {
  EXPECT_EQ(value_of(*parse_address("postgres://ann:old@h/d", "n e'w"), "password"), "n e'w");
}

TEST(Address, WhatLibpqDoesNotKnowBecomesASettingOfTheSession) {
  const auto address =
      parse_address("postgresql://h/d?search_path=pm%2C%20public&options=-c%20jit%3Doff", "");
  ASSERT_TRUE(address);
  EXPECT_EQ(value_of(*address, "options"), "-c search_path=pm,\\ public -c jit=off");
}

TEST(Address, KeywordsWorkToo) {
  const auto address = parse_address("host=/run/postgresql dbname=pm options='-c search_path=x'", "");
  ASSERT_TRUE(address);
  EXPECT_EQ(value_of(*address, "host"), "/run/postgresql");
  EXPECT_EQ(value_of(*address, "options"), "-c search_path=x");
}

TEST(Address, ADeadPeerIsNoticedUnlessTheAddressSaysOtherwise) {
  EXPECT_EQ(value_of(*parse_address("postgres://h/d", ""), "tcp_user_timeout"), "5000");
  const auto own = parse_address("postgres://h/d?tcp_user_timeout=60000", "");
  EXPECT_EQ(value_of(*own, "tcp_user_timeout"), "60000");
}

TEST(Address, ABrokenUrlIsRefusedWithoutItsPassword) {
  const auto address = parse_address("postgres://ann:secret@[::1/d", "");
  ASSERT_FALSE(address);
  EXPECT_EQ(address.error().code(), Errc::invalid_argument);
  EXPECT_EQ(address.error().message().find("secret"), std::string::npos);
}

}  // namespace
}  // namespace granary::db
