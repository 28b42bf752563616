#include "base/json.h"

#include <fmt/format.h>
#include <simdjson.h>

#include <algorithm>
#include <cmath>

#include "base/text.h"

namespace granary {
namespace {

constexpr int kMaxDepth = 64;

Result<Json> convert(simdjson::dom::element e, int depth) {
  if (depth > kMaxDepth) return fail(Errc::invalid_argument, "JSON is nested more than 64 deep");
  Json out;
  switch (e.type()) {
    case simdjson::dom::element_type::ARRAY: {
      Json::Array items;
      const simdjson::dom::array array = e.get_array().value_unsafe();  // named: the loop must not outlive it
      for (const auto item : array) items.push_back(TRY(convert(item, depth + 1)));
      out.value_ = std::move(items);
      break;
    }
    case simdjson::dom::element_type::OBJECT: {
      Json::Object members;
      const simdjson::dom::object object = e.get_object().value_unsafe();
      for (const auto [key, value] : object) {
        auto member = TRY(convert(value, depth + 1));  // apart: beside it GCC leaks the key on an error
        members.emplace_back(std::string(key), std::move(member));
      }
      out.value_ = std::move(members);
      break;
    }
    case simdjson::dom::element_type::INT64:
      out.value_ = e.get_int64().value_unsafe();
      break;
    case simdjson::dom::element_type::UINT64:
      out.value_ = static_cast<double>(e.get_uint64().value_unsafe());
      break;
    case simdjson::dom::element_type::DOUBLE:
      out.value_ = e.get_double().value_unsafe();
      break;
    case simdjson::dom::element_type::STRING:
      out.value_ = std::string(e.get_string().value_unsafe());
      break;
    case simdjson::dom::element_type::BOOL:
      out.value_ = e.get_bool().value_unsafe();
      break;
    case simdjson::dom::element_type::NULL_VALUE:
      break;
  }
  return out;
}

}  // namespace

void append_json_string(std::string& out, std::string_view text) {
  constexpr std::string_view kHex = "0123456789abcdef";
  out += '"';
  // Nearly all strings are plain: at once.
  const auto plain = std::find_if(text.begin(), text.end(), [](char c) {
    return c < 0x20 || c == 0x7F || c == '"' || c == '\\';  // beyond ASCII a char is below 0
  });
  out.append(text.begin(), plain);
  text.remove_prefix(static_cast<std::size_t>(plain - text.begin()));
  const bool valid = is_valid_utf8(text);
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == '"' || c == '\\') {
      out += '\\';
      out += c;
    } else if (byte >= 0x20 && (byte < 0x80 || valid)) {
      out += c;
    } else if (c == '\n') {
      out += "\\n";
    } else if (c == '\t') {
      out += "\\t";
    } else if (c == '\r') {
      out += "\\r";
    } else if (byte < 0x20) {
      out += "\\u00";
      out += kHex[byte >> 4];
      out += kHex[byte & 15];
    } else {
      out += "\xEF\xBF\xBD";
    }
  }
  out += '"';
}

void JsonWriter::value(double d) { raw(std::isfinite(d) ? fmt::format("{}", d) : "null"); }

Result<Json> Json::parse(std::string_view text) {
  thread_local simdjson::dom::parser parser;
  simdjson::dom::element root;
  if (const auto error = parser.parse(text.data(), text.size()).get(root))
    return fail(Errc::invalid_argument, std::string("not JSON: ") + simdjson::error_message(error));
  return convert(root, 0);
}

std::optional<bool> Json::boolean() const {
  if (const auto* b = std::get_if<bool>(&value_)) return *b;
  return std::nullopt;
}
std::optional<std::int64_t> Json::integer() const {
  if (const auto* n = std::get_if<std::int64_t>(&value_)) return *n;
  return std::nullopt;
}
std::optional<double> Json::number() const {
  if (const auto* d = std::get_if<double>(&value_)) return *d;
  if (const auto* n = std::get_if<std::int64_t>(&value_)) return static_cast<double>(*n);
  return std::nullopt;
}
std::optional<std::string_view> Json::string() const {
  if (const auto* s = std::get_if<std::string>(&value_)) return *s;
  return std::nullopt;
}
const Json::Array& Json::items() const {
  static const Array none;
  const auto* a = std::get_if<Array>(&value_);
  return a ? *a : none;
}
const Json::Object& Json::members() const {
  static const Object none;
  const auto* o = std::get_if<Object>(&value_);
  return o ? *o : none;
}
const Json& Json::operator[](std::string_view name) const {
  static const Json null;
  for (const auto& [key, value] : members()) {
    if (key == name) return value;
  }
  return null;
}

}  // namespace granary
