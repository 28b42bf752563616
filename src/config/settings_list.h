#pragma once
/// The one list of settings: the file, the environment, check-config, the reference and the example all read
/// it.

#include <cstdint>
#include <span>
#include <string_view>
#include <variant>

#include "config/settings.h"

namespace granary::config {

enum class Type : std::uint8_t { string, multi, boolean, integer, decimal, duration, size, secret };
std::string_view name_of(Type type) noexcept;

/// Where a value goes; monostate for a setting that has no effect yet.
using Target =
    std::variant<std::monostate, std::string*, bool*, std::int64_t*, std::uint64_t*, Milliseconds*, Secret*>;

struct SettingSpec {
  std::string_view section, key;
  Type type = Type::string;
  std::string_view fallback;  // as text; "{DataDir}" stands for Server.DataDir
  std::string_view description;
  Target (*target)(Settings&) = nullptr;  // null: accepted, no effect in this version
  std::string_view choices = {};          // comma separated, lower case: nothing else is accepted
  std::string_view aliases = {};          // other spellings of the key, comma separated
  bool reloadable = false;                // SIGHUP is enough
};

std::span<const SettingSpec> settings_list();
/// Sections that may carry a name: [IdentityFederation "github"].
bool may_have_subsection(std::string_view section) noexcept;
/// Without case, by key or alias; null when there is none.
const SettingSpec* find_setting(std::string_view section, std::string_view key);

}  // namespace granary::config
