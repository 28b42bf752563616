#include "view/pinned.h"

#include <algorithm>

#include "base/bytes.h"
#include "base/hash.h"
#include "base/text.h"

namespace granary::view {
namespace {

using model::Pin;

std::optional<std::int64_t> number_in(std::string_view text) {
  const auto value = parse_unsigned(text);
  if (!value || *value > (1ULL << 62)) return std::nullopt;
  return static_cast<std::int64_t>(*value);
}

std::optional<Pin> parse_pin(std::string_view text) {
  const auto parts = split(text, ':');
  if (parts.size() != 4) return std::nullopt;
  Pin pin;
  const auto source = number_in(parts[0]);
  const auto type = model::parse_source_type(parts[1]);
  auto at = std::string_view(parts[3]);
  pin.exact = at.ends_with('x');
  if (pin.exact) at.remove_suffix(1);
  const auto number = number_in(at);
  if (!source || !type || !number) return std::nullopt;
  pin.source = {*source};
  pin.type = *type;
  pin.at = {*number};
  if (!parts[2].empty()) {
    const auto until = number_in(parts[2]);
    if (!until) return std::nullopt;
    pin.until = Time(std::chrono::microseconds(*until));
  }
  return pin;
}

}  // namespace

std::string pins_text(const std::vector<Pin>& pins) {
  std::string text;
  for (const auto& pin : pins) {
    if (!text.empty()) text += ' ';
    text += std::to_string(pin.source.value) + ':' + std::string(model::name_of(pin.type)) + ':' +
            (pin.until ? std::to_string(pin.until->time_since_epoch().count()) : "") + ':' +
            std::to_string(pin.at.value) + (pin.exact ? "x" : "");
  }
  return text;
}

std::optional<std::vector<Pin>> parse_pins(std::string_view text) {
  std::vector<Pin> pins;
  if (text.empty()) return pins;
  for (const auto& part : split(text, ' ')) {
    auto pin = parse_pin(part);
    if (!pin) return std::nullopt;
    pins.push_back(*std::move(pin));
  }
  return pins;
}

std::string short_id(std::string_view pins) { return sha256(as_bytes(pins)).hex().substr(0, 12); }

std::string long_id(std::string_view pins) {
  std::string id = base64(as_bytes(pins));
  std::erase(id, '=');
  std::replace(id.begin(), id.end(), '+', '-');
  std::replace(id.begin(), id.end(), '/', '_');
  return '_' + id;
}

std::optional<std::string> pins_of_long_id(std::string_view id) {
  if (!id.starts_with('_')) return std::nullopt;
  std::string text(id.substr(1));
  std::replace(text.begin(), text.end(), '-', '+');
  std::replace(text.begin(), text.end(), '_', '/');
  return unbase64(text);
}

}  // namespace granary::view
