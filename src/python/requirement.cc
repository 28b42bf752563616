#include "python/requirement.h"

#include <algorithm>

#include "base/text.h"
#include "python/name.h"
#include "python/specifier.h"

namespace granary::python {
namespace {

constexpr std::size_t kLongest = 4096;

bool is_name_character(char c) noexcept {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '_' ||
         c == '.';
}

tl::unexpected<Error> no_requirement(std::string_view text) {
  return fail(Errc::invalid_argument, "'" + std::string(text.substr(0, 100)) + "' is no requirement",
              "write it as requests or requests>=2.31");
}

/// `version` without what only it has of the two: 1.0+local is 1.0 where the clause has no local part.
Version without_local(Version version) {
  version.local.clear();
  return version;
}

/// Whether the release begins with that of `prefix`, zeros added.
bool begins_with(const Version& version, const Version& prefix, std::size_t parts) {
  if (version.epoch != prefix.epoch) return false;
  for (std::size_t i = 0; i < parts; ++i) {
    const Numeral zero;
    const auto& mine = i < version.release.size() ? version.release[i] : zero;
    if (mine != prefix.release[i]) return false;
  }
  return true;
}

bool same_base(const Version& a, const Version& b) {
  auto left = without_local(a), right = without_local(b);
  for (auto* one : {&left, &right}) {
    one->pre.reset();
    one->post.reset();
    one->dev.reset();
  }
  return left == right;
}

bool clause_allows(std::string_view clause, const Version& version) {
  const auto operator_end = clause.find_first_not_of("<>=!~");
  const auto op = clause.substr(0, operator_end);
  auto text = operator_end == clause.npos ? std::string_view() : trim(clause.substr(operator_end));
  if (op == "===") return version.text() == lower(text) || text == version.text();
  const bool wild = text.ends_with(".*");
  if (wild) text.remove_suffix(2);
  const auto bound = Version::parse(text);
  if (!bound) return false;
  const auto mine = bound->local.empty() ? without_local(version) : version;
  if (op == "==" || op == "!=") {
    const bool same = wild ? begins_with(mine, *bound, bound->release.size()) : mine == *bound;
    return same == (op == "==");
  }
  if (op == "~=")
    return bound->release.size() > 1 && mine >= *bound &&
           begins_with(mine, *bound, bound->release.size() - 1);
  if (op == ">=") return mine >= *bound;
  if (op == "<=") return mine <= *bound;
  if (op == "<")
    return mine < *bound && (bound->is_prerelease() || !mine.is_prerelease() || !same_base(mine, *bound));
  if (op == ">") {
    if (mine <= *bound) return false;
    return !same_base(mine, *bound) || (bound->post ? true : !mine.post);
  }
  return false;
}

}  // namespace

Result<Requirement> parse_requirement(std::string_view text) {
  const auto whole = trim(text);
  if (whole.size() > kLongest) return no_requirement(whole);
  auto rest = whole;
  Requirement out;
  const auto name_end = std::find_if_not(rest.begin(), rest.end(), is_name_character) - rest.begin();
  const auto name = rest.substr(0, static_cast<std::size_t>(name_end));
  if (!is_valid_name(name)) return no_requirement(whole);
  out.project = normalize_name(name);
  rest = trim(rest.substr(name.size()));
  if (rest.starts_with('[')) {
    const auto end = rest.find(']');
    if (end == rest.npos) return no_requirement(whole);
    for (const auto extra : split(rest.substr(1, end - 1), ',')) {
      if (!trim(extra).empty()) out.extras.push_back(normalize_name(trim(extra)));
    }
    rest = trim(rest.substr(end + 1));
  }
  const bool direct = rest.starts_with('@');
  const auto semicolon = direct ? rest.find(" ;") : rest.find(';');
  if (semicolon != rest.npos) out.marker = trim(rest.substr(rest.find(';', semicolon) + 1));
  rest = trim(rest.substr(0, semicolon));
  if (direct) return out;  // a URL of its own: whatever version there is here
  if (rest.starts_with('(') && rest.ends_with(')')) rest = trim(rest.substr(1, rest.size() - 2));
  if (!rest.empty() && !check_specifiers(rest)) return no_requirement(whole);
  out.specifiers = rest;
  return out;
}

bool allows(std::string_view specifiers, const Version& version) {
  const auto clauses = split(specifiers, ',');
  return std::all_of(clauses.begin(), clauses.end(), [&](std::string_view clause) {
    return trim(clause).empty() || clause_allows(trim(clause), version);
  });
}

}  // namespace granary::python
