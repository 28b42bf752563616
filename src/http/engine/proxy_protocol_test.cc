#include "http/engine/proxy_protocol.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace granary::http {
namespace {

using State = ProxyHeader::State;

constexpr std::string_view kSignature("\r\n\r\n\0\r\nQUIT\n", 12);

std::string version2(unsigned char command, unsigned char family, const std::string& rest) {
  std::string out(kSignature);
  out += static_cast<char>(command);
  out += static_cast<char>(family);
  out += static_cast<char>(rest.size() >> 8);
  out += static_cast<char>(rest.size() & 0xFF);
  return out + rest;
}

const std::string kFour("\xC0\x00\x02\x01\x0A\x00\x00\x01\xDC\x04\x01\xBB", 12);

struct Whole {
  std::string header;
  const char* client;
};
class WholeHeader : public testing::TestWithParam<Whole> {};

TEST_P(WholeHeader, IsTakenWithNothingBehindItAndNeedsAllItsBytes) {
  const auto& [header, client] = GetParam();
  for (std::size_t n = 0; n < header.size(); ++n)
    ASSERT_EQ(parse_proxy_header(header.substr(0, n)).state, State::more) << n;
  const auto parsed = parse_proxy_header(header + "GET / HTTP/1.1\r\n");
  ASSERT_EQ(parsed.state, State::complete) << parsed.problem;
  EXPECT_EQ(parsed.size, header.size());
  EXPECT_EQ(parsed.client, client);
}

INSTANTIATE_TEST_SUITE_P(
    Versions, WholeHeader,
    testing::Values(
        Whole{"PROXY TCP4 192.0.2.1 10.0.0.1 56324 443\r\n", "192.0.2.1"},
        Whole{"PROXY TCP6 2001:db8::1 ::1 1 65535\r\n", "2001:db8::1"}, Whole{"PROXY UNKNOWN\r\n", ""},
        Whole{"PROXY UNKNOWN ffff::1 ffff::2 1 2\r\n", ""}, Whole{version2(0x21, 0x11, kFour), "192.0.2.1"},
        Whole{version2(0x21, 0x11, kFour + std::string("\x03\x00\x04\x01\x02\x03\x04", 7)), "192.0.2.1"},
        Whole{
            version2(0x21, 0x21, "\x20\x01\x0d\xb8" + std::string(11, '\0') + "\x01" + std::string(20, '\0')),
            "2001:db8::1"},
        Whole{version2(0x21, 0x31, std::string(216, '/')), ""}, Whole{version2(0x20, 0x00, ""), ""},
        Whole{version2(0x20, 0x11, kFour), ""}, Whole{version2(0x21, 0x00, "anything"), ""}));

class BadHeader : public testing::TestWithParam<std::string> {};

TEST_P(BadHeader, IsRefusedWithAReason) {
  const auto parsed = parse_proxy_header(GetParam());
  EXPECT_EQ(parsed.state, State::refused);
  EXPECT_NE(std::string_view(parsed.problem), "");
}

INSTANTIATE_TEST_SUITE_P(
    Forms, BadHeader,
    testing::Values("GET / HTTP/1.1\r\n", "PROXX", "PROXY TCP4 192.0.2.1 10.0.0.1 56324\r\n",
                    "PROXY TCP4 192.0.2.1 10.0.0.1 56324 443 x\r\n",
                    "PROXY TCP4 192.0.2.256 10.0.0.1 1 2\r\n", "PROXY TCP4 ::1 ::1 1 2\r\n",
                    "PROXY TCP6 192.0.2.1 10.0.0.1 1 2\r\n", "PROXY TCP4 192.0.2.1 10.0.0.1 65536 2\r\n",
                    "PROXY TCP4 192.0.2.1 10.0.0.1 01 2\r\n", "PROXY TCP4 192.0.2.1 10.0.0.1 -1 2\r\n",
                    "PROXY TCP4  192.0.2.1 10.0.0.1 1 2\r\n", "PROXY UDP4 192.0.2.1 10.0.0.1 1 2\r\n",
                    "PROXY tcp4 192.0.2.1 10.0.0.1 1 2\r\n", "PROXY \r\n",
                    "PROXY TCP4 " + std::string(100, '1'), version2(0x11, 0x11, kFour),
                    version2(0x22, 0x11, kFour), version2(0x21, 0x41, kFour), version2(0x21, 0x13, kFour),
                    version2(0x21, 0x11, kFour.substr(1)), version2(0x21, 0x21, kFour),
                    version2(0x21, 0x11, std::string(kMostProxyHeader, 'x')), "\r\n\r\n\r\n"));

}  // namespace
}  // namespace granary::http
