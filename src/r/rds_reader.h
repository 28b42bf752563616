#pragma once
/// Reads what saveRDS wrote, from anybody: the values that package indexes are made of. XDR form, versions 2
/// and 3.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/result.h"

namespace granary::r {

struct RValue;
struct RAttribute;
using RString = std::optional<std::string>;  // absent: NA

/// One R value as a tree. Logicals are integers with `logical` set; a pairlist is a list whose tags are its
/// names.
struct RValue {
  struct Null {
    bool operator==(const Null&) const = default;
  };
  struct Symbol {
    std::string name;
    bool operator==(const Symbol&) const = default;
  };
  struct Raw {
    std::string bytes;
    bool operator==(const Raw&) const = default;
  };
  using Strings = std::vector<RString>;
  using Integers = std::vector<std::int32_t>;
  using Doubles = std::vector<double>;
  using List = std::vector<RValue>;

  std::variant<Null, Symbol, Raw, Strings, Integers, Doubles, List> value;
  bool logical = false;
  std::vector<RAttribute> attributes;

  bool operator==(const RValue&) const;

  /// Null pointers when it is of another kind.
  const Strings* strings() const noexcept { return std::get_if<Strings>(&value); }
  const Integers* integers() const noexcept { return std::get_if<Integers>(&value); }
  const Doubles* doubles() const noexcept { return std::get_if<Doubles>(&value); }
  const List* list() const noexcept { return std::get_if<List>(&value); }
  const RValue* attribute(std::string_view name) const noexcept;
  /// The element of a list whose name it is.
  const RValue* element(std::string_view name) const noexcept;
};

struct RAttribute {
  std::string name;
  RValue value;
  bool operator==(const RAttribute&) const = default;
};

struct RdsLimits {
  std::size_t bytes = 64 << 20;     // after decompression
  std::size_t values = 20'000'000;  // elements of all vectors together; of a list each counts for nine
  int depth = 64;
};

/// Plain or gzip. Errc::corrupt when it is not whole; Errc::too_large past a limit; Errc::unsupported for xz
/// and bzip2 (decompress first), for other forms than XDR, and for values that are no data (functions,
/// environments). Memory is bounded by a small multiple of the input.
Result<RValue> read_rds(std::string_view bytes, const RdsLimits& limits = {});

}  // namespace granary::r
