#include "python/marker.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "base/text.h"
#include "python/name.h"
#include "python/requirement.h"
#include "python/version.h"

namespace granary::python {
namespace {

constexpr int kDeepest = 50;  // parentheses

Holds holds_if(bool so) noexcept { return so ? Holds::yes : Holds::no; }

bool is_word(char c) noexcept { return (c >= 'a' && c <= 'z') || c == '_' || c == '.'; }

/// What stands on one side of a comparison.
struct Operand {
  std::string variable;              // empty: a text in quotes
  std::optional<std::string> value;  // absent: not known
};

class Reader {
 public:
  Reader(std::string_view text, const MarkerEnvironment& environment, std::string_view extra)
      : rest_(text), environment_(&environment), extra_(extra) {}

  Holds read() {
    const auto found = any();
    return broken_ || !trim(rest_).empty() ? Holds::perhaps : found;
  }

 private:
  Holds any() {
    auto found = all();
    while (!broken_ && take_word("or")) found = std::max(found, all());
    return found;
  }
  Holds all() {
    auto found = one();
    while (!broken_ && take_word("and")) found = std::min(found, one());
    return found;
  }
  Holds one() {
    if (!take('(')) return comparison();
    if (++depth_ > kDeepest) return fail();
    const auto found = any();
    --depth_;
    return take(')') ? found : fail();
  }
  Holds comparison() {
    const auto left = operand();
    const auto op = take_operator();
    const auto right = operand();
    if (broken_ || op.empty()) return fail();
    if (!left.value || !right.value) return Holds::perhaps;
    if (left.variable == "extra" || right.variable == "extra")
      return compare_texts(normalize_name(*left.value), op, normalize_name(*right.value));
    // "in" and "not in" look for a text in a text; else what both sides have as a version counts.
    if (op != "in" && op != "not in") {
      if (const auto version = Version::parse(*left.value);
          version && (op == "===" || Version::parse(ending_of(*right.value))))
        return holds_if(allows(op + *right.value, *version));
    }
    return compare_texts(*left.value, op, *right.value);
  }
  /// "3.11" of "3.11.*".
  static std::string_view ending_of(std::string_view text) {
    return text.ends_with(".*") ? text.substr(0, text.size() - 2) : text;
  }
  static Holds compare_texts(const std::string& left, const std::string& op, const std::string& right) {
    if (op == "==" || op == "===") return holds_if(left == right);
    if (op == "!=") return holds_if(left != right);
    if (op == "in") return holds_if(right.find(left) != right.npos);
    if (op == "not in") return holds_if(right.find(left) == right.npos);
    if (op == "<") return holds_if(left < right);
    if (op == "<=") return holds_if(left <= right);
    if (op == ">") return holds_if(left > right);
    if (op == ">=") return holds_if(left >= right);
    return Holds::perhaps;
  }

  Operand operand() {
    rest_ = trim(rest_);
    if (!rest_.empty() && (rest_[0] == '"' || rest_[0] == '\'')) {
      const auto end = rest_.find(rest_[0], 1);
      if (end == rest_.npos) return fail(), Operand{};
      Operand found{"", std::string(rest_.substr(1, end - 1))};
      rest_.remove_prefix(end + 1);
      return found;
    }
    const auto length =
        static_cast<std::size_t>(std::find_if_not(rest_.begin(), rest_.end(), is_word) - rest_.begin());
    if (length == 0) return fail(), Operand{};
    Operand found{modern(rest_.substr(0, length)), std::nullopt};
    rest_.remove_prefix(length);
    if (found.variable == "extra") {
      found.value = std::string(extra_);
    } else if (const auto known = environment_->find(found.variable); known != environment_->end()) {
      found.value = known->second;
    }
    return found;
  }
  /// Spellings of PEP 345 and of setuptools.
  static std::string modern(std::string_view name) {
    if (name == "python_implementation" || name == "platform.python_implementation")
      return "platform_python_implementation";
    std::string out(name);
    std::replace(out.begin(), out.end(), '.', '_');
    return out;
  }
  std::string take_operator() {
    rest_ = trim(rest_);
    if (take_word("in")) return "in";
    if (take_word("not")) return take_word("in") ? "not in" : "";
    const auto length = std::min(rest_.find_first_not_of("<>=!~"), rest_.size());
    const std::string op(rest_.substr(0, length));
    rest_.remove_prefix(length);
    for (const auto* known : {"==", "!=", "<=", ">=", "<", ">", "~=", "==="})
      if (op == known) return op;
    return "";
  }
  bool take(char c) {
    rest_ = trim(rest_);
    if (!rest_.starts_with(c)) return false;
    rest_.remove_prefix(1);
    return true;
  }
  bool take_word(std::string_view word) {
    rest_ = trim(rest_);
    if (!rest_.starts_with(word) || (rest_.size() > word.size() && is_word(rest_[word.size()]))) return false;
    rest_.remove_prefix(word.size());
    return true;
  }
  Holds fail() {
    broken_ = true;
    return Holds::perhaps;
  }

  std::string_view rest_;
  const MarkerEnvironment* environment_;
  std::string_view extra_;
  int depth_ = 0;
  bool broken_ = false;
};

}  // namespace

Holds holds(std::string_view marker, const MarkerEnvironment& environment, std::string_view extra) {
  if (trim(marker).empty()) return Holds::yes;
  return Reader(marker, environment, extra).read();
}

}  // namespace granary::python
