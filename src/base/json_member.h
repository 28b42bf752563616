#pragma once
/// Members of answers and records, read by those who take what is missing for nothing.

#include <cstdint>
#include <string>
#include <string_view>

#include "base/json.h"

namespace granary {

/// Empty when it is no text, or not there.
inline std::string text_of(const Json& json, std::string_view name) {
  return std::string(json[name].string().value_or(""));
}

/// 0 when it is no number, below zero, or not there.
inline std::uint64_t count_of(const Json& json, std::string_view name) {
  const auto number = json[name].integer().value_or(0);
  return number > 0 ? static_cast<std::uint64_t>(number) : 0;
}

}  // namespace granary
