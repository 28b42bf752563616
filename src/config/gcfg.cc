#include "config/gcfg.h"

#include <fmt/format.h>

#include "base/text.h"

namespace granary::config {
namespace {

constexpr std::size_t kMaxText = 1 << 20;

constexpr bool is_letter(char c) noexcept { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }
constexpr bool is_digit(char c) noexcept { return c >= '0' && c <= '9'; }
constexpr bool is_blank(char c) noexcept { return c == ' ' || c == '\t' || c == '\r'; }

class Parser {
 public:
  Parser(std::string_view text, std::string_view name) : text_(text), name_(name) {}

  Result<std::vector<Entry>> run() {
    if (text_.size() > kMaxText)
      return fail(Errc::invalid_argument, fmt::format("{} is larger than 1 MB", name_),
                  "is it a configuration file");
    if (text_.starts_with("\xEF\xBB\xBF")) at_ = 3;
    for (;;) {
      skip_space();
      if (at_end()) return std::move(entries_);
      if (peek() == '[') {
        TRY(section());
      } else {
        TRY(entry());
      }
    }
  }

 private:
  bool at_end() const noexcept { return at_ >= text_.size(); }
  char peek() const noexcept { return text_[at_]; }
  char next() noexcept {
    const char c = text_[at_++];
    if (c == '\n') ++line_;
    return c;
  }
  void skip_blank() noexcept {
    while (!at_end() && is_blank(peek())) ++at_;
  }
  void skip_comment() noexcept {
    while (!at_end() && peek() != '\n') ++at_;
  }
  void skip_space() noexcept {
    while (!at_end()) {
      if (is_blank(peek()) || peek() == '\n') {
        next();
      } else if (peek() == ';' || peek() == '#') {
        skip_comment();
      } else {
        return;
      }
    }
  }
  tl::unexpected<Error> wrong(std::string what, std::string hint) const {
    return fail(Errc::invalid_argument, fmt::format("{}:{}: {}", name_, line_, what), std::move(hint));
  }

  Result<> section() {
    ++at_;  // '['
    skip_blank();
    section_.clear();
    subsection_.clear();
    while (!at_end() && (is_letter(peek()) || is_digit(peek()) || peek() == '-' || peek() == '.'))
      section_ += text_[at_++];
    if (section_.empty()) return wrong("a section has no name", "write it as [Name]");
    skip_blank();
    if (!at_end() && peek() == '"') TRY(subsection());
    skip_blank();
    if (at_end() || peek() != ']')
      return wrong(fmt::format("the section '{}' is not closed by ']'", section_),
                   "write it as [Name] or [Name \"sub\"]");
    ++at_;
    return {};
  }

  Result<> subsection() {
    ++at_;  // '"'
    while (!at_end() && peek() != '"' && peek() != '\n') {
      if (peek() == '\\') {  // takes the next character as it is
        ++at_;
        if (at_end() || peek() == '\n') break;
      }
      subsection_ += text_[at_++];
    }
    if (at_end() || peek() != '"')
      return wrong("the name of a subsection is not closed by '\"'", "write it as [Name \"sub\"]");
    ++at_;
    return {};
  }

  Result<> entry() {
    Entry entry;
    entry.line = line_;
    if (!is_letter(peek()))
      return wrong("expected a key, a [section] or a comment", "keys begin with a letter: Key = value");
    while (!at_end() && (is_letter(peek()) || is_digit(peek()) || peek() == '-' || peek() == '_'))
      entry.key += text_[at_++];
    if (section_.empty())
      return wrong(fmt::format("the key '{}' is in no section", entry.key), "put a [Section] line above it");
    skip_blank();
    if (at_end() || peek() == '\n' || peek() == ';' || peek() == '#') {
      entry.has_value = false;
      skip_comment();
    } else if (peek() == '=') {
      ++at_;
      entry.value = TRY(value(entry.key));
    } else {
      return wrong(fmt::format("expected '=' after the key '{}'", entry.key), "write it as Key = value");
    }
    entry.section = section_;
    entry.subsection = subsection_;
    entries_.push_back(std::move(entry));
    return {};
  }

  /// To the end of the line. Blanks outside of quotes are dropped at both ends.
  Result<std::string> value(std::string_view key) {
    std::string out;
    std::size_t keep = 0;  // length up to the last byte that is not a blank outside of quotes
    bool quoted = false;
    skip_blank();
    while (!at_end()) {
      const char c = peek();
      if (c == '\n') {
        if (quoted) break;
        next();
        out.resize(keep);
        return out;
      }
      if (c == '\\') {
        ++at_;
        if (!at_end() && peek() == '\r') ++at_;
        if (at_end()) return wrong(fmt::format("the value of '{}' ends in '\\'", key), "remove the '\\'");
        const char escaped = next();
        switch (escaped) {
          case '\n':
            continue;  // a continued line
          case '"':
          case '\\':
            out += escaped;
            break;
          case 'n':
            out += '\n';
            break;
          case 't':
            out += '\t';
            break;
          case 'b':
            out += '\b';
            break;
          default:
            return wrong(fmt::format("the value of '{}' has an unknown escape after '\\'", key),
                         "known are \\\\ \\\" \\n \\t \\b; write a '\\' as '\\\\'");
        }
        keep = out.size();
        continue;
      }
      ++at_;
      if (c == '"') {
        quoted = !quoted;
        keep = out.size();
      } else if (!quoted && (c == ';' || c == '#')) {
        skip_comment();
      } else if (c == '\0') {
        return wrong(fmt::format("the value of '{}' has a NUL byte", key), "remove it");
      } else {
        out += c;
        if (quoted || !is_blank(c)) keep = out.size();
      }
    }
    if (quoted) return wrong(fmt::format("the value of '{}' is not closed by '\"'", key), "close the quote");
    out.resize(keep);
    return out;
  }

  std::string_view text_, name_;
  std::size_t at_ = 0;
  int line_ = 1;
  std::string section_, subsection_;
  std::vector<Entry> entries_;
};

}  // namespace

Result<std::vector<Entry>> parse_gcfg(std::string_view text, std::string_view name) {
  return Parser(text, name).run();
}

std::string quoted_value(std::string_view value) {
  const bool plain = trim(value) == value && value.find_first_of("\"\\;#\n\t\b\r") == std::string_view::npos;
  if (plain) return std::string(value);
  std::string out = "\"";
  for (const char c : value) {
    switch (c) {
      case '"':
        out += "\\\"";
        break;
      case '\\':
        out += "\\\\";
        break;
      case '\n':
        out += "\\n";
        break;
      case '\t':
        out += "\\t";
        break;
      case '\b':
        out += "\\b";
        break;
      default:
        out += c;
    }
  }
  return out + '"';
}

}  // namespace granary::config
