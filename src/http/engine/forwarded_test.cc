#include "http/engine/forwarded.h"

#include <gtest/gtest.h>

namespace granary::http {
namespace {

using Headers = std::vector<std::pair<std::string_view, std::string_view>>;

struct Case {
  const char* trusted;
  const char* peer;
  Headers headers;
  const char* client;
};
class ClientOf : public testing::TestWithParam<Case> {};

TEST_P(ClientOf, IsTheFirstFromTheEndThatIsNoTrustedProxy) {
  const auto& c = GetParam();
  const auto trusted = Networks::parse(c.trusted);
  ASSERT_TRUE(trusted);
  EXPECT_EQ(client_of(c.peer, c.headers, *trusted), c.client);
}

INSTANTIATE_TEST_SUITE_P(
    Proxies, ClientOf,
    testing::Values(
        // Everybody is trusted: the first of the list.
        Case{"", "10.0.0.1", {{"X-Forwarded-For", "203.0.113.9, 10.0.0.7"}}, "203.0.113.9"},
        Case{"", "10.0.0.1", {{"Accept", "203.0.113.9"}}, "10.0.0.1"},
        Case{"", "unix", {{"x-forwarded-for", "203.0.113.9"}}, "203.0.113.9"},
        // What a client wrote in front of what the proxies added is not believed.
        Case{
            "10.0.0.0/8", "10.0.0.1", {{"X-Forwarded-For", "1.1.1.1, 203.0.113.9, 10.0.0.7"}}, "203.0.113.9"},
        Case{"10.0.0.0/8", "203.0.113.5", {{"X-Forwarded-For", "1.1.1.1"}}, "203.0.113.5"},
        Case{"10.0.0.0/8", "unix", {{"X-Forwarded-For", "1.1.1.1"}}, "1.1.1.1"},
        // A proxy may add a header of its own instead.
        Case{"10.0.0.0/8",
             "10.0.0.1",
             {{"X-Forwarded-For", "1.1.1.1"}, {"Host", "h"}, {"X-Forwarded-For", "203.0.113.9"}},
             "203.0.113.9"},
        // Ports, IPv6, and what is no address.
        Case{"", "10.0.0.1", {{"X-Forwarded-For", "203.0.113.9:4711"}}, "203.0.113.9"},
        Case{"", "10.0.0.1", {{"X-Forwarded-For", "[2001:db8::1]:4711"}}, "2001:db8::1"},
        Case{"", "10.0.0.1", {{"X-Forwarded-For", "2001:db8::1"}}, "2001:db8::1"},
        Case{"", "10.0.0.1", {{"X-Forwarded-For", "203.0.113.9, unknown, 10.0.0.7"}}, "10.0.0.7"},
        Case{"", "10.0.0.1", {{"X-Forwarded-For", "[2001:db8::1"}}, "10.0.0.1"},
        Case{"", "10.0.0.1", {{"X-Forwarded-For", ""}}, "10.0.0.1"},
        Case{"", "10.0.0.1", {{"X-Forwarded-For", ",,"}}, "10.0.0.1"}));

}  // namespace
}  // namespace granary::http
