#pragma once
/// Building requests of the administration: paths with encoded parts, JSON bodies, queries.

#include <initializer_list>
#include <string>
#include <string_view>
#include <vector>

#include "cli/arguments.h"

namespace granary::cli {

/// endpoint({"sources", name, "packages"}) is /sources/<name, encoded>/packages.
std::string endpoint(std::initializer_list<std::string_view> parts);

/// Grows "?a=b&c=d"; empty values are left out.
class Query {
 public:
  Query& add(std::string_view name, std::string_view value);
  const std::string& text() const noexcept { return text_; }

 private:
  std::string text_;
};

/// A JSON object out of the flags that were given.
class Body {
 public:
  explicit Body(const Arguments& arguments) : arguments_(&arguments) {}
  /// {"field": "<value of flag>"} when the flag was given.
  Body& text(std::string_view field, std::string_view flag);
  Body& boolean(std::string_view field, std::string_view flag);
  /// The value of the flag is a number.
  Body& count(std::string_view field, std::string_view flag);
  Body& fact(std::string_view field, bool value);
  Body& list(std::string_view field, const std::vector<std::string>& values);
  std::string json() const { return "{" + members_ + "}"; }

 private:
  void member(std::string_view field, std::string value);
  const Arguments* arguments_;
  std::string members_;
};

/// The parts of a list with commas, without blanks around them; empty parts are left out.
std::vector<std::string> comma_list(std::string_view text);

}  // namespace granary::cli
