#include "base/uri.h"

#include <algorithm>

#include "base/bytes.h"
#include "base/text.h"

namespace granary {

std::string percent_encode(std::string_view text, bool keep_slash) {
  constexpr std::string_view kHex = "0123456789ABCDEF";
  const auto is_unreserved = [keep_slash](char c) {
    return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' ||
           c == '.' || c == '_' || c == '~' || (c == '/' && keep_slash);
  };
  const auto plain = std::find_if_not(text.begin(), text.end(), is_unreserved);
  std::string out(text.begin(), plain);  // nearly always all of it
  text.remove_prefix(out.size());
  for (const char c : text) {
    if (is_unreserved(c)) {
      out += c;
    } else {
      out += '%';
      out += kHex[static_cast<unsigned char>(c) >> 4];
      out += kHex[static_cast<unsigned char>(c) & 15];
    }
  }
  return out;
}

std::optional<std::string> percent_decode(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '%') {
      out += text[i];
      continue;
    }
    const auto byte = i + 2 < text.size() + 0 ? unhex(text.substr(i + 1, 2)) : std::nullopt;
    if (!byte || (*byte)[0] == '\0') return std::nullopt;
    out += *byte;
    i += 2;
  }
  return out;
}

std::vector<std::pair<std::string, std::string>> parse_query(std::string_view query) {
  std::vector<std::pair<std::string, std::string>> out;
  for (const auto part : split(query, '&')) {
    if (part.empty()) continue;
    const auto equals = part.find('=');
    const auto decode = [](std::string_view raw) {
      const std::string spaced = replace_all(raw, "+", " ");
      return percent_decode(spaced).value_or(spaced);
    };
    out.emplace_back(decode(part.substr(0, equals)),
                     equals == std::string_view::npos ? std::string() : decode(part.substr(equals + 1)));
  }
  return out;
}

}  // namespace granary
