#include "cli/endpoint.h"

#include "base/json.h"
#include "base/text.h"
#include "base/uri.h"

namespace granary::cli {

std::string endpoint(std::initializer_list<std::string_view> parts) {
  std::string out;
  for (const auto part : parts) out += '/' + percent_encode(part);
  return out;
}

Query& Query::add(std::string_view name, std::string_view value) {
  if (value.empty()) return *this;
  text_ += text_.empty() ? '?' : '&';
  text_ += percent_encode(name) + '=' + percent_encode(value);
  return *this;
}

void Body::member(std::string_view field, std::string value) {
  if (!members_.empty()) members_ += ',';
  append_json_string(members_, field);
  members_ += ':' + std::move(value);
}

Body& Body::text(std::string_view field, std::string_view flag) {
  if (!arguments_->has(flag)) return *this;
  std::string quoted;
  append_json_string(quoted, arguments_->value(flag));
  member(field, std::move(quoted));
  return *this;
}

Body& Body::boolean(std::string_view field, std::string_view flag) {
  if (arguments_->has(flag)) member(field, arguments_->on(flag) ? "true" : "false");
  return *this;
}

Body& Body::count(std::string_view field, std::string_view flag) {
  if (const auto number = parse_unsigned(arguments_->value(flag))) member(field, std::to_string(*number));
  return *this;
}

Body& Body::fact(std::string_view field, bool value) {
  member(field, value ? "true" : "false");
  return *this;
}

Body& Body::list(std::string_view field, const std::vector<std::string>& values) {
  std::string array;
  for (const auto& value : values) {
    array += array.empty() ? "[" : ",";
    append_json_string(array, value);
  }
  member(field, array.empty() ? "[]" : array + "]");
  return *this;
}

std::vector<std::string> comma_list(std::string_view text) {
  std::vector<std::string> out;
  for (const auto part : split(text, ',')) {
    if (!trim(part).empty()) out.emplace_back(trim(part));
  }
  return out;
}

}  // namespace granary::cli
