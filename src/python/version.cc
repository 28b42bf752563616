#include "python/version.h"

#include <algorithm>
#include <array>
#include <utility>

#include "base/text.h"

namespace granary::python {
namespace {

constexpr std::size_t kLongest = 512;

bool is_digit(char c) noexcept { return c >= '0' && c <= '9'; }
bool is_separator(char c) noexcept { return c == '.' || c == '-' || c == '_'; }

/// Reads from left to right; every choice of the grammar can be made greedily.
class Scanner {
 public:
  explicit Scanner(std::string_view text) : text_(text) {}

  std::size_t at() const noexcept { return at_; }
  void back_to(std::size_t at) noexcept { at_ = at; }
  bool accept(char c) noexcept {
    if (at_ >= text_.size() || text_[at_] != c) return false;
    ++at_;
    return true;
  }
  void separator() noexcept {
    if (at_ < text_.size() && is_separator(text_[at_])) ++at_;
  }
  bool word(std::string_view lower_case) noexcept {
    if (!starts_with_ignore_case(text_.substr(at_), lower_case)) return false;
    at_ += lower_case.size();
    return true;
  }
  std::string_view digits() noexcept {
    const std::size_t start = at_;
    while (at_ < text_.size() && is_digit(text_[at_])) ++at_;
    return text_.substr(start, at_ - start);
  }

 private:
  std::string_view text_;
  std::size_t at_ = 0;
};

struct PreWord {
  std::string_view word;
  Version::Pre kind;
};
// A word comes before those that begin it.
constexpr std::array<PreWord, 8> kPreWords = {{{"alpha", Version::Pre::alpha},
                                               {"a", Version::Pre::alpha},
                                               {"beta", Version::Pre::beta},
                                               {"b", Version::Pre::beta},
                                               {"preview", Version::Pre::candidate},
                                               {"pre", Version::Pre::candidate},
                                               {"c", Version::Pre::candidate},
                                               {"rc", Version::Pre::candidate}}};

void read_pre(Scanner& in, Version& version) {
  const std::size_t start = in.at();
  in.separator();
  for (const auto& [word, kind] : kPreWords) {
    if (!in.word(word)) continue;
    in.separator();
    version.pre.emplace(kind, Numeral(in.digits()));
    return;
  }
  in.back_to(start);
}

void read_post(Scanner& in, Version& version) {
  const std::size_t start = in.at();
  if (in.accept('-')) {
    const auto digits = in.digits();
    if (!digits.empty()) {
      version.post.emplace(digits);
      return;
    }
    in.back_to(start);
  }
  in.separator();
  if (!in.word("post") && !in.word("rev") && !in.word("r")) return in.back_to(start);
  in.separator();
  version.post.emplace(in.digits());
}

void read_dev(Scanner& in, Version& version) {
  const std::size_t start = in.at();
  in.separator();
  if (!in.word("dev")) return in.back_to(start);
  in.separator();
  version.dev.emplace(in.digits());
}

/// Numbers are greater than words, and compare as numbers.
std::strong_ordering compare_local(const std::string& a, const std::string& b) noexcept {
  const bool a_number = is_digit(a[0]) && std::all_of(a.begin(), a.end(), is_digit);
  const bool b_number = is_digit(b[0]) && std::all_of(b.begin(), b.end(), is_digit);
  if (a_number != b_number) return a_number ? std::strong_ordering::greater : std::strong_ordering::less;
  if (a_number && a.size() != b.size()) return a.size() <=> b.size();
  return a <=> b;
}

std::size_t significant(const std::vector<Numeral>& release) noexcept {
  std::size_t count = release.size();
  while (count > 0 && release[count - 1].is_zero()) --count;
  return count;
}

/// Where the pre-release part stands: 1.0.dev1 < 1.0a1 < 1.0.
int pre_rank(const Version& v) noexcept {
  if (v.pre) return 1;
  return !v.post && v.dev ? 0 : 2;
}

}  // namespace

Numeral::Numeral(std::string_view digits) {
  const auto first = digits.find_first_not_of('0');
  digits_ = first == std::string_view::npos ? "0" : std::string(digits.substr(first));
}

std::strong_ordering Numeral::operator<=>(const Numeral& other) const noexcept {
  if (const auto by_length = digits_.size() <=> other.digits_.size(); by_length != 0) return by_length;
  return digits_ <=> other.digits_;
}

std::optional<VersionPrefix> read_public_version(std::string_view text) {
  VersionPrefix read;
  Scanner in(text);
  in.word("v");
  auto digits = in.digits();
  if (digits.empty()) return std::nullopt;
  if (in.accept('!')) {
    read.version.epoch = Numeral(digits);
    digits = in.digits();
    if (digits.empty()) return std::nullopt;
  }
  read.version.release.emplace_back(digits);
  for (;;) {
    const std::size_t start = in.at();
    if (!in.accept('.')) break;
    digits = in.digits();
    if (digits.empty()) {
      in.back_to(start);
      break;
    }
    read.version.release.emplace_back(digits);
  }
  read.release_length = in.at();
  read_pre(in, read.version);
  read_post(in, read.version);
  read_dev(in, read.version);
  read.length = in.at();
  return read;
}

std::optional<std::vector<std::string>> read_local_version(std::string_view text) {
  if (text.empty() || text[0] != '+') return std::nullopt;
  std::vector<std::string> segments;
  std::string segment;
  const auto finish = [&] {
    if (segment.empty()) return false;
    if (std::all_of(segment.begin(), segment.end(), is_digit)) segment = Numeral(segment).text();
    segments.push_back(std::exchange(segment, {}));
    return true;
  };
  for (const char c : lower(text.substr(1))) {
    if (is_separator(c)) {
      if (!finish()) return std::nullopt;
    } else if (is_digit(c) || (c >= 'a' && c <= 'z')) {
      segment += c;
    } else {
      return std::nullopt;
    }
  }
  if (!finish()) return std::nullopt;
  return segments;
}

std::optional<Version> Version::parse(std::string_view text) {
  constexpr std::string_view kSpace = " \t\r\n\f\v";
  const auto first = text.find_first_not_of(kSpace);
  if (first == std::string_view::npos) return std::nullopt;
  text = text.substr(first, text.find_last_not_of(kSpace) - first + 1);
  if (text.size() > kLongest) return std::nullopt;
  auto read = read_public_version(text);
  if (!read) return std::nullopt;
  if (read->length < text.size()) {
    auto local = read_local_version(text.substr(read->length));
    if (!local) return std::nullopt;
    read->version.local = std::move(*local);
  }
  return std::move(read->version);
}

std::string Version::text() const {
  std::string out;
  if (!epoch.is_zero()) out += epoch.text() + '!';
  for (const auto& part : release) {
    if (&part != release.data()) out += '.';
    out += part.text();
  }
  if (pre) {
    constexpr std::array<std::string_view, 3> kLetters = {"a", "b", "rc"};
    out += kLetters[static_cast<std::size_t>(pre->first)];
    out += pre->second.text();
  }
  if (post) out += ".post" + post->text();
  if (dev) out += ".dev" + dev->text();
  if (!local.empty()) out += '+' + join(local, ".");
  return out;
}

std::strong_ordering Version::operator<=>(const Version& other) const noexcept {
  if (const auto c = epoch <=> other.epoch; c != 0) return c;
  const std::size_t mine = significant(release);
  const std::size_t theirs = significant(other.release);
  for (std::size_t i = 0; i < std::min(mine, theirs); ++i)
    if (const auto c = release[i] <=> other.release[i]; c != 0) return c;
  if (mine != theirs) return mine <=> theirs;
  if (const auto c = pre_rank(*this) <=> pre_rank(other); c != 0) return c;
  if (pre) {
    if (const auto c = pre->first <=> other.pre->first; c != 0) return c;
    if (const auto c = pre->second <=> other.pre->second; c != 0) return c;
  }
  if (post.has_value() != other.post.has_value()) return post.has_value() <=> other.post.has_value();
  if (post)
    if (const auto c = *post <=> *other.post; c != 0) return c;
  if (dev.has_value() != other.dev.has_value()) return other.dev.has_value() <=> dev.has_value();
  if (dev)
    if (const auto c = *dev <=> *other.dev; c != 0) return c;
  for (std::size_t i = 0; i < std::min(local.size(), other.local.size()); ++i)
    if (const auto c = compare_local(local[i], other.local[i]); c != 0) return c;
  return local.size() <=> other.local.size();
}

std::strong_ordering compare_versions(std::string_view a, std::string_view b) {
  const auto left = Version::parse(a);
  const auto right = Version::parse(b);
  if (left && right) return *left <=> *right;
  if (left.has_value() != right.has_value()) return left.has_value() <=> right.has_value();
  return a <=> b;
}

}  // namespace granary::python
