#pragma once
/// The git-config syntax (git-config(1), "Syntax", as the Go package gcfg reads it): sections, subsections,
/// quotes, escapes, comments, continued lines. Pure: text in, entries out. Includes are not supported.

#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace granary::config {

/// One `key = value`, in the order of the file. Section and key keep the spelling of the file; compare
/// without case.
struct Entry {
  std::string section;
  std::string subsection;  // [section "subsection"], case kept
  std::string key;
  std::string value;      // unquoted, unescaped
  bool has_value = true;  // false for a bare `key`, which means true
  int line = 0;
};

/// Errc::invalid_argument with "<name>:<line>:" in front. Text over 1 MB is refused.
Result<std::vector<Entry>> parse_gcfg(std::string_view text, std::string_view name);

/// `value` as the syntax wants it: in quotes where that is needed.
std::string quoted_value(std::string_view value);

}  // namespace granary::config
