#pragma once
/// Pinned snapshots: /{repo}/2024-05-01+<id>/, made by `granary url create`.
///
/// A short identifier names pins that the database keeps. A long one spells them out, in base64url, and needs
/// no row. Pins are text: for each source its id, the transaction and, for mirrors, the day's end; those of a
/// locked one are `exact`: later knowledge does not move them.

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "model/types.h"

namespace granary::view {

/// "12:c:1714608000000000:17x 3:l::5566" and so on; the same pins give the same text.
std::string pins_text(const std::vector<model::Pin>& pins);
std::optional<std::vector<model::Pin>> parse_pins(std::string_view text);

/// 12 hex digits of a hash of the text.
std::string short_id(std::string_view pins);
/// Begins with '_', which no short one does.
std::string long_id(std::string_view pins);
std::optional<std::string> pins_of_long_id(std::string_view id);

}  // namespace granary::view
