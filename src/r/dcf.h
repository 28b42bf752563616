#pragma once
/// Debian control files as R reads and writes them (?read.dcf): records of `Field: value`, separated by blank
/// lines; a line that begins with a blank continues the value; " ." stands for an empty line in it.

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.h"

namespace granary::r {

struct DcfLimits {
  std::size_t bytes = 16 << 20;
  std::size_t records = 200'000;
  std::size_t fields_per_record = 256;
};

/// Values as read.dcf gives them: each line trimmed, lines joined by '\n'. A field that occurs twice has its
/// last value.
class DcfRecord {
 public:
  using Field = std::pair<std::string, std::string>;
  const std::vector<Field>& fields() const noexcept { return fields_; }
  /// Empty when absent. Names differ by case.
  std::string_view get(std::string_view name) const noexcept;
  bool has(std::string_view name) const noexcept;
  void set(std::string_view name, std::string value);

 private:
  std::vector<Field> fields_;  // in order of first appearance
};

/// Errc::corrupt with the number of the line that R would refuse as well; also for a NUL byte.
/// Errc::too_large.
Result<std::vector<DcfRecord>> parse_dcf(std::string_view text, const DcfLimits& limits = {});

/// One field, ending in a newline; further lines of the value become continuation lines.
void append_dcf_field(std::string& out, std::string_view name, std::string_view value);

/// `value` on one line: runs of white space become one space. What an index shows of a long field.
std::string single_line(std::string_view value);

}  // namespace granary::r
