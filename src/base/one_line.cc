#include "base/one_line.h"

#include "base/text.h"

namespace granary {

std::string one_line(std::string_view text, std::size_t longest) {
  if (text.size() > longest) {
    while (longest > 0 && (static_cast<unsigned char>(text[longest]) & 0xC0) == 0x80) --longest;
    text = text.substr(0, longest);
  }
  const bool valid = is_valid_utf8(text);
  std::string line;
  line.reserve(text.size());
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte < 0x20 || byte == 0x7F)
      line += ' ';
    else
      line += byte < 0x80 || valid ? c : '?';
  }
  return line;
}

}  // namespace granary
