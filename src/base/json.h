#pragma once
/// JSON: a writer that appends, and a small tree for reading. Parsing is simdjson's, hidden in json.cc.

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/result.h"

namespace granary {

/// Appends `text` quoted and escaped. Bytes that are not UTF-8 become U+FFFD.
void append_json_string(std::string& out, std::string_view text);

/// Compact JSON, in the order of the calls. Commas are its business, balance is the caller's.
class JsonWriter {
 public:
  void begin_object() { open('{'); }
  void end_object() { close('}'); }
  void begin_array() { open('['); }
  void end_array() { close(']'); }
  void key(std::string_view name) {
    comma();
    append_json_string(out_, name);
    out_ += ':';
    fresh_ = true;
  }
  void value(std::string_view text) {
    comma();
    append_json_string(out_, text);
  }
  void value(const char* text) { value(std::string_view(text)); }
  void value(const std::string& text) { value(std::string_view(text)); }
  void value(bool b) { raw(b ? "true" : "false"); }
  void value(std::int64_t n) { raw(std::to_string(n)); }
  void value(std::uint64_t n) { raw(std::to_string(n)); }
  void value(int n) { raw(std::to_string(n)); }
  void value(unsigned n) { raw(std::to_string(n)); }
  void value(double d);
  void null() { raw("null"); }
  /// Already JSON.
  void raw(std::string_view json) {
    comma();
    out_ += json;
  }
  template <class T>
  void member(std::string_view name, const T& v) {
    key(name);
    value(v);
  }
  const std::string& text() const& noexcept { return out_; }
  std::string take() && { return std::move(out_); }

 private:
  void comma() {
    if (!fresh_) out_ += ',';
    fresh_ = false;
  }
  void open(char c) {
    comma();
    out_ += c;
    fresh_ = true;
  }
  void close(char c) {
    out_ += c;
    fresh_ = false;
  }
  std::string out_;
  bool fresh_ = true;
};

/// A parsed document. Missing members and wrong types read as absent, so that callers check once.
class Json {
 public:
  using Array = std::vector<Json>;
  using Object = std::vector<std::pair<std::string, Json>>;  // in document order

  Json() = default;
  /// Errc::invalid_argument with the place; depth is bounded at 64.
  static Result<Json> parse(std::string_view text);

  bool is_null() const noexcept { return std::holds_alternative<std::monostate>(value_); }
  bool is_object() const noexcept { return std::holds_alternative<Object>(value_); }
  bool is_array() const noexcept { return std::holds_alternative<Array>(value_); }
  std::optional<bool> boolean() const;
  std::optional<std::int64_t> integer() const;
  std::optional<double> number() const;
  std::optional<std::string_view> string() const;
  const Array& items() const;                           // empty when not an array
  const Object& members() const;                        // empty when not an object
  const Json& operator[](std::string_view name) const;  // null when absent

  std::variant<std::monostate, bool, std::int64_t, double, std::string, Array, Object> value_;
};

}  // namespace granary
