#include "api/admin_request.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/text.h"
#include "base/time_text.h"

namespace granary::api {
namespace {

constexpr std::uint64_t kMaxBody = 1 << 20;

tl::unexpected<Error> wrong(std::string_view name, std::string_view wanted) {
  return fail(Errc::invalid_argument, fmt::format("'{}' is not {}", name, wanted),
              fmt::format("send {} as {}", name, wanted));
}

}  // namespace

Result<Fields> Fields::read(const http::Request& request, std::initializer_list<std::string_view> known) {
  Fields fields;
  fields.json_.value_ = Json::Object{};
  if (!request.body || request.body->size() == 0) return fields;
  if (request.body->size() > kMaxBody)
    return fail(Errc::too_large, "the body is larger than 1 MB", "send less");
  std::string text;
  TRY(for_each_chunk(*request.body, [&](ByteSpan chunk) -> Result<> {
    text += as_text(chunk);
    return {};
  }));
  fields.json_ = TRY(Json::parse(text));
  if (!fields.json_.is_object())
    return fail(Errc::invalid_argument, "the body is not a JSON object",
                "send for example {\"name\": \"x\"}");
  for (const auto& [name, value] : fields.json_.members()) {
    if (std::find(known.begin(), known.end(), name) != known.end()) continue;
    const std::vector<std::string> names(known.begin(), known.end());
    const auto near = nearest(name, names);
    return fail(Errc::invalid_argument, fmt::format("unknown field '{}'", name.substr(0, 80)),
                near.empty() ? "known are: " + join(names, ", ") : fmt::format("did you mean '{}'", near));
  }
  return fields;
}

Result<std::string> Fields::text(std::string_view name) const {
  auto value = TRY(optional_text(name));
  if (!value || value->empty())
    return fail(Errc::invalid_argument, fmt::format("'{}' is missing", name),
                fmt::format("send it as {{\"{}\": \"...\"}}", name));
  return std::move(*value);
}

Result<std::optional<std::string>> Fields::optional_text(std::string_view name) const {
  const Json& value = json_[name];
  if (value.is_null()) return std::nullopt;
  if (!value.string() || value.string()->find('\0') != std::string_view::npos)
    return wrong(name, "a string (without NUL)");
  return std::string(*value.string());
}

Result<std::optional<bool>> Fields::optional_boolean(std::string_view name) const {
  const Json& value = json_[name];
  if (value.is_null()) return std::nullopt;
  if (!value.boolean()) return wrong(name, "true or false");
  return value.boolean();
}

Result<std::optional<std::uint64_t>> Fields::optional_count(std::string_view name, std::uint64_t maximum,
                                                            std::uint64_t minimum) const {
  const Json& value = json_[name];
  if (value.is_null()) return std::nullopt;
  const auto number = value.integer();
  if (!number || *number < 0 || static_cast<std::uint64_t>(*number) < minimum ||
      static_cast<std::uint64_t>(*number) > maximum)
    return wrong(name, fmt::format("a number from {} to {}", minimum, maximum));
  return static_cast<std::uint64_t>(*number);
}

Result<std::vector<std::string>> Fields::texts(std::string_view name) const {
  const Json& value = json_[name];
  std::vector<std::string> out;
  if (const auto list = value.string()) {
    for (const auto part : split(*list, ',')) {
      if (!trim(part).empty()) out.emplace_back(trim(part));
    }
    return out;
  }
  if (!value.is_array() && !value.is_null()) return wrong(name, "a list of strings");
  for (const auto& item : value.items()) {
    if (!item.string() || item.string()->find('\0') != std::string_view::npos)
      return wrong(name, "a list of strings (without NUL)");
    out.emplace_back(*item.string());
  }
  return out;
}

Result<bool> query_flag(const http::Request& request, std::string_view name) {
  const auto value = request.query_value(name);
  if (!value) return false;
  if (value->empty() || *value == "true" || *value == "1" || *value == "yes") return true;
  if (*value == "false" || *value == "0" || *value == "no") return false;
  return wrong(name, "true or false");
}

Result<std::uint64_t> query_count(const http::Request& request, std::string_view name, std::uint64_t fallback,
                                  std::uint64_t maximum) {
  const auto value = request.query_value(name);
  if (!value) return fallback;
  const auto count = parse_unsigned(*value);
  if (!count || *count < 1 || *count > maximum)
    return wrong(name, fmt::format("a number from 1 to {}", maximum));
  return *count;
}

Result<std::optional<std::chrono::milliseconds>> query_duration(const http::Request& request,
                                                                std::string_view name) {
  const auto value = request.query_value(name);
  if (!value || value->empty()) return std::nullopt;
  const auto duration = parse_duration(*value);
  if (!duration) return wrong(name, "a duration such as 30m or 20d");
  return duration;
}

}  // namespace granary::api
