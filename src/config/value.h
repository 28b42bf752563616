#pragma once
/// One value of a setting, from text.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "config/settings_list.h"

namespace granary::config {

/// "10", "64KB" (1,000), "16KiB" (1,024), up to TB and TiB.
std::optional<std::uint64_t> parse_size(std::string_view text) noexcept;
/// true/yes/on/1 and false/no/off/0, without case.
std::optional<bool> parse_boolean(std::string_view text) noexcept;

/// Checks `text` against the type and the choices of `spec` and, when it has an effect, stores it in
/// `settings`.
Result<> assign(const SettingSpec& spec, std::string_view text, Settings& settings);

}  // namespace granary::config
