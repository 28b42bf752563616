#pragma once
/// Text put behind other text in place, for pages that are put together out of many pieces.

#include <cstdint>
#include <string>
#include <string_view>

#include "base/bytes.h"

namespace granary {

void append_hex(std::string& out, ByteSpan bytes);
/// Two digits for each byte, to where there is room for them.
void write_hex(char* out, ByteSpan bytes) noexcept;
/// As html_escape has it.
void append_html(std::string& out, std::string_view text);
/// A code point in UTF-8; U+FFFD for what is none, and for 0.
void append_utf8(std::string& out, std::uint32_t code);

}  // namespace granary
