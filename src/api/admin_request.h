#pragma once
/// Reading what a caller of the administration sends: a JSON object, or query parameters, checked by name and
/// type.

#include <cstdint>
#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/json.h"
#include "http/message.h"

namespace granary::api {

/// The JSON object of a body. Names that are not in `known` are refused, so that a misspelt one is not
/// ignored.
class Fields {
 public:
  /// An absent body is an empty object. At most 1 MB.
  static Result<Fields> read(const http::Request&, std::initializer_list<std::string_view> known);

  Result<std::string> text(std::string_view name) const;  // must be there and not empty
  Result<std::optional<std::string>> optional_text(std::string_view name) const;
  Result<std::optional<bool>> optional_boolean(std::string_view name) const;
  /// A number of [minimum, maximum].
  Result<std::optional<std::uint64_t>> optional_count(std::string_view name, std::uint64_t maximum,
                                                      std::uint64_t minimum = 1) const;
  /// An array of texts, or one text with commas. Absent: empty.
  Result<std::vector<std::string>> texts(std::string_view name) const;

 private:
  Json json_;
};

/// ?name=, ?name=true and so on; absent: false.
Result<bool> query_flag(const http::Request&, std::string_view name);
/// Absent: `fallback`. Errc::invalid_argument outside of [1, maximum].
Result<std::uint64_t> query_count(const http::Request&, std::string_view name, std::uint64_t fallback,
                                  std::uint64_t maximum);
/// "20d", "5h"; absent when there is none.
Result<std::optional<std::chrono::milliseconds>> query_duration(const http::Request&, std::string_view name);

}  // namespace granary::api
