#include "r/rds_reader.h"

#include <algorithm>
#include <bit>
#include <cmath>

#include "base/compress.h"
#include "base/text.h"
#include "r/description.h"

namespace granary::r {
namespace {

// SEXPTYPEs and pseudo types of "R Internals" 1.8.
enum Type : std::uint32_t {
  kNil = 0,
  kSymbol = 1,
  kPairlist = 2,
  kCharacter = 9,
  kLogical = 10,
  kInteger = 13,
  kReal = 14,
  kStrings = 16,
  kList = 19,
  kExpressions = 20,
  kRaw = 24,
  kAltrep = 238,
  kNilValue = 254,
  kReference = 255,
};

constexpr std::size_t kListCost = 8;  // an element of a list, against one of a plain vector

struct Head {
  std::uint32_t type;
  bool attributed, tagged;
  std::uint32_t word;
};

class Reader {
 public:
  Reader(std::string_view bytes, const RdsLimits& limits)
      : rest_(bytes), limits_(limits), values_left_(limits.values) {}

  Result<RValue> document() {
    if (!rest_.starts_with("X\n")) return fail(Errc::unsupported, "the RDS data is not in XDR form");
    rest_.remove_prefix(2);
    const auto version = TRY(word());
    if (version != 2 && version != 3)
      return fail(Errc::unsupported, "the RDS data is of version " + std::to_string(version));
    TRY(word());  // the R that wrote it
    TRY(word());  // the oldest R that reads it
    if (version == 3) native_ = TRY(take(TRY(word())));
    auto value = TRY(item(0));
    if (!rest_.empty()) return fail(Errc::corrupt, "the RDS data goes on after its value");
    return value;
  }

 private:
  static tl::unexpected<Error> cut_off() { return fail(Errc::corrupt, "the RDS data is cut off"); }

  Result<std::string_view> take(std::size_t count) {
    if (count > rest_.size()) return cut_off();
    const auto part = rest_.substr(0, count);
    rest_.remove_prefix(count);
    return part;
  }
  static std::uint32_t big_endian(std::string_view four) noexcept {
    std::uint32_t value = 0;
    for (const char c : four.substr(0, 4)) value = (value << 8) | static_cast<unsigned char>(c);
    return value;
  }
  Result<std::uint32_t> word() { return big_endian(TRY(take(4))); }
  Result<Head> head() {
    const auto w = TRY(word());
    return Head{w & 0xFF, (w & 0x200) != 0, (w & 0x400) != 0, w};
  }

  /// The length of a vector whose elements take at least `each` bytes: checked against what is left.
  Result<std::size_t> length(std::size_t each) {
    const auto count = TRY(word());
    if (count > INT32_MAX) return fail(Errc::too_large, "the RDS data has a vector that is too long");
    if (count > rest_.size() / each) return cut_off();
    TRY(spend(count));
    return count;
  }
  Result<> spend(std::size_t count) {
    if (count > values_left_) return fail(Errc::too_large, "the RDS data has too many values");
    values_left_ -= count;
    return {};
  }

  Result<RString> character(const Head& h) {
    if (h.type != kCharacter) return fail(Errc::corrupt, "the RDS data has a string vector of other things");
    const auto size = TRY(word());
    if (size == 0xFFFFFFFF) return RString();
    const auto text = TRY(take(size));
    const bool latin1 = (h.word & 0x4000) != 0, marked = (h.word & 0x48000) != 0;
    return RString(to_utf8(text, latin1 ? "latin1" : marked ? "" : native_));
  }

  Result<std::string> symbol() {
    auto name = TRY(character(TRY(head())));
    symbols_.push_back(name.value_or("NA"));
    return symbols_.back();
  }
  Result<std::string> reference(const Head& h) {
    std::size_t index = h.word >> 8;
    if (index == 0) index = TRY(word());
    if (index == 0 || index > symbols_.size())
      return fail(Errc::corrupt, "the RDS data refers to what it has not");
    TRY(spend(symbols_[index - 1].size() + 1));  // a reference is short, what it stands for need not be
    return symbols_[index - 1];
  }
  Result<std::string> tag() {
    const auto h = TRY(head());
    if (h.type == kSymbol) return symbol();
    if (h.type == kReference) return reference(h);
    return fail(Errc::corrupt, "the RDS data has a tag that is no symbol");
  }

  /// A pairlist whose first cell's head has been read. Iterative: attributes may be many.
  Result<std::vector<RAttribute>> cells(Head h, int depth) {
    std::vector<RAttribute> all;
    while (h.type == kPairlist) {
      TRY(spend(kListCost));
      if (h.attributed) TRY(item(depth + 1));  // of the cell itself: means nothing here
      std::string name;
      if (h.tagged) name = TRY(tag());
      auto value = TRY(item(depth + 1));  // apart: beside it GCC leaks the name on an error
      all.push_back({std::move(name), std::move(value)});
      h = TRY(head());
    }
    if (h.type != kNilValue && h.type != kNil) {
      auto value = TRY(rest_of_item(h, depth + 1));
      all.push_back({"", std::move(value)});  // a dotted pair
    }
    return all;
  }

  Result<RValue> pairlist(const Head& h, int depth) {
    RValue out;
    RValue::List values;
    RValue::Strings names;
    bool named = false;
    for (auto& [name, value] : TRY(cells(h, depth))) {
      named = named || !name.empty();
      names.emplace_back(std::move(name));
      values.push_back(std::move(value));
    }
    out.value = std::move(values);
    if (named) out.attributes.push_back({"names", RValue{std::move(names), false, {}}});
    return out;
  }

  /// Compact forms that saveRDS keeps since R 3.5: sequences such as 1:10, and wrappers around a plain
  /// vector.
  Result<RValue> altrep(int depth) {
    const auto info = TRY(item(depth + 1));
    auto state = TRY(item(depth + 1));
    auto attributes = TRY(item(depth + 1));
    const auto* parts = info.list();
    const auto* name =
        parts != nullptr && !parts->empty() ? std::get_if<RValue::Symbol>(&parts->front().value) : nullptr;
    if (name == nullptr) return fail(Errc::corrupt, "the RDS data has a compact vector without a class");
    RValue out;
    if (name->name == "compact_intseq" || name->name == "compact_realseq") {
      out = TRY(sequence(state, name->name == "compact_intseq"));
    } else if (name->name.starts_with("wrap_")) {
      auto* wrapped = std::get_if<RValue::List>(&state.value);
      if (wrapped == nullptr || wrapped->empty()) return fail(Errc::corrupt, "the RDS data wraps nothing");
      RValue inner = std::move(wrapped->front());
      out = std::move(inner);
    } else {
      return fail(Errc::unsupported, "the RDS data has a vector of class " + name->name.substr(0, 40));
    }
    if (auto* values = std::get_if<RValue::List>(&attributes.value)) {
      const auto* names = attributes.attribute("names");
      const auto* tags = names != nullptr ? names->strings() : nullptr;
      for (std::size_t i = 0; tags != nullptr && i < values->size() && i < tags->size(); ++i)
        out.attributes.push_back({(*tags)[i].value_or(""), std::move((*values)[i])});
    }
    return out;
  }

  Result<RValue> sequence(const RValue& state, bool integers) {
    const auto* d = state.doubles();
    if (d == nullptr || d->size() != 3)
      return fail(Errc::corrupt, "the RDS data has a sequence without its bounds");
    const double count = (*d)[0], first = (*d)[1], step = (*d)[2];
    if (!(count >= 0 && count <= 1e6) || !(step == 1 || step == -1) || !(std::abs(first) <= 1e9))
      return fail(Errc::too_large, "the RDS data has a sequence that is too long");
    TRY(spend(static_cast<std::size_t>(count)));
    RValue out;
    RValue::Integers whole;
    RValue::Doubles reals;
    for (std::size_t i = 0; i < static_cast<std::size_t>(count); ++i) {
      const double value = first + step * static_cast<double>(i);
      if (integers) {
        whole.push_back(static_cast<std::int32_t>(value));
      } else {
        reals.push_back(value);
      }
    }
    if (integers) {
      out.value = std::move(whole);
    } else {
      out.value = std::move(reals);
    }
    return out;
  }

  Result<RValue> item(int depth) { return rest_of_item(TRY(head()), depth); }

  Result<RValue> rest_of_item(const Head& h, int depth) {
    if (depth > limits_.depth) return fail(Errc::too_large, "the RDS data is nested too deeply");
    RValue out;
    switch (h.type) {
      case kNil:
      case kNilValue:
        return out;
      case kSymbol:
        out.value = RValue::Symbol{TRY(symbol())};
        return out;
      case kReference:
        out.value = RValue::Symbol{TRY(reference(h))};
        return out;
      case kPairlist: {
        return pairlist(h, depth);
      }
      case kAltrep:
        return altrep(depth);
      case kCharacter:
        out.value = RValue::Strings{TRY(character(h))};
        break;
      case kLogical:
      case kInteger: {
        RValue::Integers values(TRY(length(4)));
        const auto bytes = TRY(take(values.size() * 4));
        for (std::size_t i = 0; i < values.size(); ++i)
          values[i] = static_cast<std::int32_t>(big_endian(bytes.substr(i * 4)));
        out.value = std::move(values);
        out.logical = h.type == kLogical;
        break;
      }
      case kReal: {
        RValue::Doubles values(TRY(length(8)));
        const auto bytes = TRY(take(values.size() * 8));
        for (std::size_t i = 0; i < values.size(); ++i) {
          const std::uint64_t high = big_endian(bytes.substr(i * 8));
          values[i] = std::bit_cast<double>((high << 32) | big_endian(bytes.substr(i * 8 + 4)));
        }
        out.value = std::move(values);
        break;
      }
      case kStrings: {
        const auto count = TRY(length(8));
        RValue::Strings values;
        values.reserve(count);
        for (std::size_t i = 0; i < count; ++i) values.push_back(TRY(character(TRY(head()))));
        out.value = std::move(values);
        break;
      }
      case kList:
      case kExpressions: {
        const auto count = TRY(length(4));
        TRY(spend(count * kListCost));
        RValue::List values;
        for (std::size_t i = 0; i < count; ++i) values.push_back(TRY(item(depth + 1)));
        out.value = std::move(values);
        break;
      }
      case kRaw:
        out.value = RValue::Raw{std::string(TRY(take(TRY(length(1)))))};
        break;
      default:
        return fail(Errc::unsupported, "the RDS data has a value of type " + std::to_string(h.type),
                    "only data can be read: vectors, lists and their attributes");
    }
    if (h.attributed && h.type != kCharacter) out.attributes = TRY(cells(TRY(head()), depth + 1));
    return out;
  }

  std::string_view rest_;
  RdsLimits limits_;
  std::size_t values_left_;
  std::string_view native_;
  std::vector<std::string> symbols_;
};

}  // namespace

bool RValue::operator==(const RValue& other) const {
  return logical == other.logical && value == other.value && attributes == other.attributes;
}

const RValue* RValue::attribute(std::string_view name) const noexcept {
  for (const auto& [key, held] : attributes) {
    if (key == name) return &held;
  }
  return nullptr;
}

const RValue* RValue::element(std::string_view name) const noexcept {
  const auto* elements = list();
  const auto* names = attribute("names");
  const auto* tags = names != nullptr ? names->strings() : nullptr;
  if (elements == nullptr || tags == nullptr) return nullptr;
  for (std::size_t i = 0; i < elements->size() && i < tags->size(); ++i) {
    if ((*tags)[i] == name) return &(*elements)[i];
  }
  return nullptr;
}

Result<RValue> read_rds(std::string_view bytes, const RdsLimits& limits) {
  std::string expanded;
  if (bytes.starts_with("\x1f\x8b")) {
    expanded = TRY(gunzip(bytes, limits.bytes));
    bytes = expanded;
  } else if (bytes.starts_with("\xFD"
                               "7zXZ") ||
             bytes.starts_with("BZh")) {
    return fail(Errc::unsupported, "the RDS data is compressed with xz or bzip2", "decompress it first");
  }
  if (bytes.size() > limits.bytes)
    return fail(Errc::too_large, "the RDS data is larger than " + human_size(limits.bytes));
  return Reader(bytes, limits).document();
}

}  // namespace granary::r
