#include "base/json.h"

#include <gtest/gtest.h>

#include "base/json_member.h"

namespace granary {
namespace {

TEST(JsonTest, WriterPutsCommasAndEscapes) {
  JsonWriter w;
  w.begin_object();
  w.member("a", "q\"\n");
  w.key("b");
  w.begin_array();
  w.value(1);
  w.value(true);
  w.null();
  w.begin_object();
  w.end_object();
  w.end_array();
  w.member("c", 1.5);
  w.end_object();
  EXPECT_EQ(w.text(), R"({"a":"q\"\n","b":[1,true,null,{}],"c":1.5})");
}

TEST(JsonTest, BytesThatAreNotUtf8AreReplaced) {
  std::string out;
  append_json_string(out, "a\xff");
  EXPECT_EQ(out, "\"a\xEF\xBF\xBD\"");
}

TEST(JsonTest, ReadsWhatItWrote) {
  const auto doc = Json::parse(R"({"a":{"b":[1,"x",null,2.5]},"t":true})").value();
  EXPECT_EQ(doc["a"]["b"].items().size(), 4u);
  EXPECT_EQ(doc["a"]["b"].items()[0].integer(), 1);
  EXPECT_EQ(doc["a"]["b"].items()[1].string(), "x");
  EXPECT_EQ(doc["t"].boolean(), true);
  EXPECT_TRUE(doc["none"]["deeper"].is_null());
}

TEST(JsonTest, AMemberIsTextOrACountOrNothing) {
  const auto doc = Json::parse(R"({"text":"x","count":7,"below":-1,"list":[]})").value();
  EXPECT_EQ(text_of(doc, "text"), "x");
  EXPECT_EQ(text_of(doc, "count"), "");
  EXPECT_EQ(text_of(doc, "none"), "");
  EXPECT_EQ(count_of(doc, "count"), 7u);
  EXPECT_EQ(count_of(doc, "below"), 0u);
  EXPECT_EQ(count_of(doc, "list"), 0u);
}

TEST(JsonTest, RefusesGarbageAndDepth) {
  EXPECT_FALSE(Json::parse("{"));
  EXPECT_FALSE(Json::parse(std::string(100, '[') + std::string(100, ']')));
}

}  // namespace
}  // namespace granary
