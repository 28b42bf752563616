#include "r/description.h"

#include "base/text.h"
#include "r/names.h"
#include "r/version.h"

namespace granary::r {
namespace {

/// Length of the valid UTF-8 sequence that `text` begins with; 0 when it begins with none.
std::size_t sequence_length(std::string_view text) noexcept {
  for (std::size_t n = 1; n <= 4 && n <= text.size(); ++n) {
    if (is_valid_utf8(text.substr(0, n))) return n;
  }
  return 0;
}

std::string from_latin1(std::string_view text) {
  std::string out;
  out.reserve(text.size() + text.size() / 8);
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte < 0x80) {
      out += c;
    } else {
      out += static_cast<char>(0xC0 | (byte >> 6));
      out += static_cast<char>(0x80 | (byte & 0x3F));
    }
  }
  return out;
}

std::size_t count_fields(std::string_view text, std::string_view name) {
  std::size_t count = 0;
  const std::string tag = std::string(name) + ":";
  for (const auto line : split(text, '\n')) count += line.starts_with(tag) ? 1 : 0;
  return count;
}

Result<> check_once(std::string_view text, std::string_view name, std::string_view value) {
  if (value.empty())
    return fail(Errc::invalid_argument, "DESCRIPTION has no " + std::string(name) + " field",
                "build the package with R CMD build");
  if (count_fields(text, name) > 1)
    return fail(Errc::invalid_argument, "DESCRIPTION has more than one " + std::string(name) + " field",
                "keep one of them");
  return {};
}

}  // namespace

std::string to_utf8(std::string_view text, std::string_view encoding) {
  if (equals_ignore_case(encoding, "latin1") || equals_ignore_case(encoding, "ISO-8859-1"))
    return from_latin1(text);
  if (is_valid_utf8(text)) return std::string(text);
  constexpr std::string_view kHex = "0123456789abcdef";
  std::string out;
  while (!text.empty()) {
    const auto n = sequence_length(text);
    if (n == 0) {
      const auto byte = static_cast<unsigned char>(text.front());
      out += {'<', kHex[byte >> 4], kHex[byte & 15], '>'};
      text.remove_prefix(1);
    } else {
      out += text.substr(0, n);
      text.remove_prefix(n);
    }
  }
  return out;
}

Result<Description> parse_description(std::string_view bytes) {
  DcfLimits limits;
  limits.bytes = kMaxDescription;
  auto records = TRY(parse_dcf(bytes, limits));
  if (records.empty())
    return fail(Errc::invalid_argument, "DESCRIPTION is empty", "build it with R CMD build");
  if (records.size() > 1)
    return fail(Errc::invalid_argument, "DESCRIPTION has a blank line between its fields",
                "remove the line: a DESCRIPTION is one record");
  Description description;
  const std::string encoding(records[0].get("Encoding"));
  for (const auto& [name, value] : records[0].fields())
    description.fields.set(to_utf8(name, encoding), to_utf8(value, encoding));

  TRY(check_once(bytes, "Package", description.package()));
  TRY(check_once(bytes, "Version", description.version()));
  if (!is_package_name(description.package()))
    return fail(
        Errc::invalid_argument,
        "'" + single_line(description.package().substr(0, 80)) + "' is not a name that R allows a package",
        "use letters, digits and '.', at least two, beginning with a letter and not ending in '.'");
  if (!Version::parse(description.version()))
    return fail(
        Errc::invalid_argument,
        "'" + single_line(description.version().substr(0, 80)) + "' is not a version that R allows a package",
        "use at least two integers separated by '.' or '-', such as 1.0 or 1.0-2");
  return description;
}

}  // namespace granary::r
