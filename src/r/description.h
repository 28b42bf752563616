#pragma once
/// The DESCRIPTION file of an R package ("Writing R Extensions" 1.1.1).

#include <cstdint>
#include <string>
#include <string_view>

#include "base/result.h"
#include "r/dcf.h"

namespace granary::r {

/// Values are UTF-8 whatever the file's encoding was. The bytes of the file itself are kept elsewhere,
/// untouched.
struct Description {
  DcfRecord fields;
  std::string_view get(std::string_view field) const noexcept { return fields.get(field); }
  std::string_view package() const noexcept { return get("Package"); }
  std::string_view version() const noexcept { return get("Version"); }
};

inline constexpr std::size_t kMaxDescription = 1 << 20;

/// Errc::corrupt or too_large when R could not read it; Errc::invalid_argument when Package or Version is
/// missing, given twice, or not what R allows. Messages are fit for whoever uploads.
Result<Description> parse_description(std::string_view bytes);

/// As R shows text that is declared as `encoding` (the Encoding field; empty: none). latin1 is converted;
/// bytes that are not UTF-8 otherwise become <e9>, as iconv(sub = "byte") writes them. The result is valid
/// UTF-8.
std::string to_utf8(std::string_view text, std::string_view encoding);

}  // namespace granary::r
