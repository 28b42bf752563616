#include "config/value.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstdlib>

#include "base/text.h"
#include "base/time_text.h"

namespace granary::config {
namespace {

constexpr std::uint64_t kMaxInteger = 1'000'000'000;

template <class T>
void store(const SettingSpec& spec, Settings& settings, T value) {
  if (spec.target == nullptr) return;
  const Target target = spec.target(settings);
  auto* const place = std::get_if<T*>(&target);
  GRANARY_ASSERT(place != nullptr);  // the type in the list is not the type in Settings
  **place = std::move(value);
}

tl::unexpected<Error> not_a(const SettingSpec& spec, std::string_view text, std::string what,
                            std::string hint) {
  // A secret's value never reaches a message.
  std::string shown = spec.type == Type::secret ? "" : fmt::format(" '{}'", text.substr(0, 80));
  std::replace_if(
      shown.begin(), shown.end(), [](char c) { return static_cast<unsigned char>(c) < ' '; }, ' ');
  return fail(Errc::invalid_argument, fmt::format("{}.{}:{} is not {}", spec.section, spec.key, shown, what),
              std::move(hint));
}

Result<> assign_string(const SettingSpec& spec, std::string_view text, Settings& settings) {
  if (spec.choices.empty()) {
    store(spec, settings, std::string(text));
    return {};
  }
  std::string value = lower(text);
  if (value.empty() && spec.fallback.empty()) {  // none of the choices
    store(spec, settings, std::move(value));
    return {};
  }
  if (value == "postgresql") value = "postgres";
  if (value == "warning") value = "warn";
  const auto choices = split(spec.choices, ',');
  if (std::find(choices.begin(), choices.end(), value) == choices.end())
    return not_a(spec, text, "one of its values", "use one of: " + replace_all(spec.choices, ",", ", "));
  store(spec, settings, std::move(value));
  return {};
}

bool is_decimal(std::string_view text) noexcept {
  const auto digits = std::count_if(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; });
  const auto points = std::count(text.begin(), text.end(), '.');
  return digits > 0 && points <= 1 && static_cast<std::size_t>(digits + points) == text.size();
}

}  // namespace

std::optional<std::uint64_t> parse_size(std::string_view text) noexcept {
  struct Unit {
    std::string_view name;
    std::uint64_t factor;
  };
  constexpr std::array<Unit, 14> kUnits = {{{"", 1},
                                            {"b", 1},
                                            {"k", 1000},
                                            {"kb", 1000},
                                            {"kib", 1ULL << 10},
                                            {"m", 1'000'000},
                                            {"mb", 1'000'000},
                                            {"mib", 1ULL << 20},
                                            {"g", 1'000'000'000},
                                            {"gb", 1'000'000'000},
                                            {"gib", 1ULL << 30},
                                            {"tb", 1'000'000'000'000},
                                            {"t", 1'000'000'000'000},
                                            {"tib", 1ULL << 40}}};
  const auto end = std::min(text.find_first_not_of("0123456789"), text.size());
  const auto count = parse_unsigned(text.substr(0, end));
  if (!count) return std::nullopt;
  const auto unit = trim(text.substr(end));
  for (const auto& known : kUnits) {
    if (!equals_ignore_case(known.name, unit)) continue;
    if (*count > (1ULL << 62) / known.factor) return std::nullopt;
    return *count * known.factor;
  }
  return std::nullopt;
}

std::optional<bool> parse_boolean(std::string_view text) noexcept {
  for (const std::string_view yes : {"true", "yes", "on", "1"}) {
    if (equals_ignore_case(text, yes)) return true;
  }
  for (const std::string_view no : {"false", "no", "off", "0"}) {
    if (equals_ignore_case(text, no)) return false;
  }
  return std::nullopt;
}

Result<> assign(const SettingSpec& spec, std::string_view text, Settings& settings) {
  switch (spec.type) {
    case Type::string:
      return assign_string(spec, text, settings);
    case Type::multi:
      return {};  // none has an effect yet; any text will do
    case Type::secret:
      store(spec, settings, Secret{std::string(text)});
      return {};
    case Type::boolean: {
      const auto value = parse_boolean(text);
      if (!value) return not_a(spec, text, "a boolean", "use true or false");
      store(spec, settings, *value);
      return {};
    }
    case Type::integer: {
      const auto value = parse_unsigned(text);
      if (!value || *value > kMaxInteger)
        return not_a(spec, text, "a number", "use digits only, at most 1000000000");
      store(spec, settings, static_cast<std::int64_t>(*value));
      return {};
    }
    case Type::decimal:
      if (!is_decimal(text)) return not_a(spec, text, "a number", "use digits and at most one point");
      return {};
    case Type::duration: {
      const auto value = parse_duration(text);
      if (!value) return not_a(spec, text, "a duration", "use for example 500ms, 30s, 1m15s, 2h or 20d");
      store(spec, settings, *value);
      return {};
    }
    case Type::size: {
      const auto value = parse_size(text);
      if (!value) return not_a(spec, text, "a size", "use for example 64MiB or 10GB");
      store(spec, settings, *value);
      return {};
    }
  }
  return {};
}

}  // namespace granary::config
