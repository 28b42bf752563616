#include "api/admin_request.h"

#include <gtest/gtest.h>

namespace granary::api {
namespace {

http::Request with_body(std::string text) {
  http::Request request;
  request.body = std::make_unique<MemorySource>(std::move(text));
  return request;
}
http::Request with_query(std::string query) {
  http::Request request;
  request.target = "/x?" + std::move(query);
  return request;
}

TEST(Fields, AreReadByNameAndType) {
  const auto fields = Fields::read(with_body(R"({"name":"x","on":true,"list":["a","b"],"more":"c, d"})"),
                                   {"name", "on", "list", "more", "absent"});
  ASSERT_TRUE(fields);
  EXPECT_EQ(*fields->text("name"), "x");
  EXPECT_EQ(*fields->optional_boolean("on"), true);
  EXPECT_EQ(*fields->texts("list"), (std::vector<std::string>{"a", "b"}));
  EXPECT_EQ(*fields->texts("more"), (std::vector<std::string>{"c", "d"}));
  EXPECT_EQ(*fields->optional_text("absent"), std::nullopt);
  EXPECT_TRUE(fields->texts("absent")->empty());
  EXPECT_FALSE(fields->text("absent"));
  EXPECT_FALSE(fields->optional_text("on"));
  EXPECT_FALSE(fields->optional_boolean("name"));
  EXPECT_FALSE(fields->texts("on"));
}

TEST(Fields, AMisspeltNameIsRefusedWithTheNearest) {
  const auto fields = Fields::read(with_body(R"({"descripton":"x"})"), {"name", "description"});
  ASSERT_FALSE(fields);
  EXPECT_EQ(fields.error().hint(), "did you mean 'description'");
}

TEST(Fields, WhatIsNoObjectIsRefusedAndNoBodyIsAnEmptyOne) {
  for (const char* bad : {"[]", "1", "{", "{\"a\":}", "nonsense"})
    EXPECT_EQ(Fields::read(with_body(bad), {"a"}).error().code(), Errc::invalid_argument) << bad;
  EXPECT_EQ(Fields::read(with_body(std::string(2 << 20, ' ')), {}).error().code(), Errc::too_large);
  EXPECT_EQ(Fields::read(with_body("{\"a\":" + std::string(200, '[') + std::string(200, ']') + "}"), {"a"})
                .error()
                .code(),
            Errc::invalid_argument);
  EXPECT_TRUE(Fields::read(http::Request(), {}));
}

TEST(Query, FlagsCountsAndDurationsAreChecked) {
  EXPECT_TRUE(*query_flag(with_query("a"), "a"));
  EXPECT_TRUE(*query_flag(with_query("a=yes"), "a"));
  EXPECT_FALSE(*query_flag(with_query("a=0"), "a"));
  EXPECT_FALSE(*query_flag(with_query("b"), "a"));
  EXPECT_FALSE(query_flag(with_query("a=perhaps"), "a"));
  EXPECT_EQ(*query_count(with_query("n=5"), "n", 1, 10), 5U);
  EXPECT_EQ(*query_count(with_query(""), "n", 1, 10), 1U);
  EXPECT_FALSE(query_count(with_query("n=11"), "n", 1, 10));
  EXPECT_FALSE(query_count(with_query("n=0"), "n", 1, 10));
  EXPECT_EQ(**query_duration(with_query("d=2h"), "d"), std::chrono::hours(2));
  EXPECT_FALSE(query_duration(with_query("d=soon"), "d"));
}

}  // namespace
}  // namespace granary::api
