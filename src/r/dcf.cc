#include "r/dcf.h"

#include <algorithm>

#include "base/text.h"

namespace granary::r {
namespace {

constexpr bool is_blank(char c) noexcept { return c == ' ' || c == '\t'; }

tl::unexpected<Error> malformed(std::size_t line, std::string_view why) {
  return fail(Errc::corrupt, "line " + std::to_string(line) + " of the control file " + std::string(why),
              "write 'Field: value' lines, and begin continuation lines with a blank");
}

}  // namespace

std::string_view DcfRecord::get(std::string_view name) const noexcept {
  for (const auto& [field, value] : fields_) {
    if (field == name) return value;
  }
  return {};
}

bool DcfRecord::has(std::string_view name) const noexcept {
  return std::any_of(fields_.begin(), fields_.end(), [&](const Field& f) { return f.first == name; });
}

void DcfRecord::set(std::string_view name, std::string value) {
  for (auto& [field, old] : fields_) {
    if (field == name) {
      old = std::move(value);
      return;
    }
  }
  fields_.emplace_back(name, std::move(value));
}

Result<std::vector<DcfRecord>> parse_dcf(std::string_view text, const DcfLimits& limits) {
  if (text.size() > limits.bytes)
    return fail(Errc::too_large, "the control file is larger than " + human_size(limits.bytes));
  if (text.find('\0') != std::string_view::npos)
    return fail(Errc::corrupt, "the control file has a NUL byte");

  std::vector<DcfRecord> records;
  DcfRecord record;
  std::string name, value;
  bool open = false;  // a field has begun
  const auto close_field = [&] {
    if (open) record.set(name, std::move(value));
    open = false;
    value.clear();
  };
  const auto close_record = [&] {
    close_field();
    if (!record.fields().empty()) records.push_back(std::move(record));
    record = {};
  };

  for (std::size_t number = 1; !text.empty(); ++number) {
    const auto end = text.find('\n');
    auto line = text.substr(0, end);
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
    if (line.ends_with('\r')) line.remove_suffix(1);

    if (trim(line).empty()) {
      close_record();
    } else if (is_blank(line.front())) {
      if (!open) return malformed(number, "continues nothing");
      const auto more = trim(line);
      value += '\n';
      if (more != ".") value += more;
    } else {
      close_field();
      const auto colon = line.find(':');
      if (colon == std::string_view::npos || colon == 0) return malformed(number, "is not 'Field: value'");
      if (record.fields().size() >= limits.fields_per_record)
        return fail(Errc::too_large, "a record of the control file has too many fields");
      if (records.size() >= limits.records)
        return fail(Errc::too_large, "the control file has too many records");
      name = line.substr(0, colon);
      value = trim(line.substr(colon + 1));
      open = true;
    }
  }
  close_record();
  return records;
}

void append_dcf_field(std::string& out, std::string_view name, std::string_view value) {
  out += name;
  out += ':';
  bool first = true;
  for (const auto line : split(value, '\n')) {
    const auto text = trim(line);
    if (first) {
      if (!text.empty()) (out += ' ') += text;
    } else {
      out += "\n    ";
      out += text.empty() ? std::string_view(".") : text;
    }
    first = false;
  }
  out += '\n';
}

std::string single_line(std::string_view value) {
  std::string out;
  out.reserve(value.size());
  for (const char c : value) {
    const bool space = is_blank(c) || c == '\n' || c == '\r' || c == '\f' || c == '\v';
    if (!space) {
      out += c;
    } else if (!out.empty() && out.back() != ' ') {
      out += ' ';
    }
  }
  if (out.ends_with(' ')) out.pop_back();
  return out;
}

}  // namespace granary::r
