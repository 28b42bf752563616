#include "base/networks.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace granary {
namespace {

TEST(Networks, ContainWhatTheirBitsCover) {
  const auto networks = Networks::parse("10.0.0.0/8, 192.0.2.7,2001:db8::/33 , 172.16.0.0/12");
  ASSERT_TRUE(networks);
  for (const char* inside :
       {"10.0.0.0", "10.255.255.255", "192.0.2.7", "::ffff:10.1.2.3", "2001:db8:7fff::1", "172.31.255.255"})
    EXPECT_TRUE(networks->contains(inside)) << inside;
  for (const char* outside : {"11.0.0.0", "9.255.255.255", "192.0.2.8", "2001:db8:8000::1", "172.32.0.0",
                              "::1", "", "unix", "10.0.0.1:80", "10.0.0"})
    EXPECT_FALSE(networks->contains(outside)) << outside;
}

TEST(Networks, ZeroBitsAreEverythingOfTheFamily) {
  EXPECT_TRUE(Networks::parse("0.0.0.0/0")->contains("203.0.113.9"));
  EXPECT_FALSE(Networks::parse("0.0.0.0/0")->contains("2001:db8::1"));
  EXPECT_TRUE(Networks::parse("::/0")->contains("203.0.113.9"));
  EXPECT_TRUE(Networks::parse(" , ")->empty());
}

TEST(Networks, WhatIsNoNetworkIsNamed) {
  for (const char* text : {"10.0.0.0/33", "10.0.0/8", "example.com", "10.0.0.0/-1", "10.0.0.0/", "::1/129"}) {
    const auto refused = Networks::parse(text);
    ASSERT_FALSE(refused) << text;
    EXPECT_THAT(refused.error().message(), testing::HasSubstr(text));
  }
}

}  // namespace
}  // namespace granary
