#include "http/engine/conditional.h"

#include <algorithm>

#include "base/text.h"
#include "base/time_text.h"

namespace granary::http {
namespace {

std::string_view without_weakness(std::string_view tag) noexcept {
  if (tag.starts_with("W/")) tag.remove_prefix(2);
  return tag;
}

bool range_applies(std::string_view if_range, const Representation& r) {
  if (if_range.empty()) return true;
  if (if_range.starts_with('"')) return if_range == r.etag;  // strong comparison: a weak tag never matches
  const auto date = parse_http_date(if_range);
  return date && r.last_modified && *date == *r.last_modified;
}

}  // namespace

bool matches_any(std::string_view list, std::string_view etag) noexcept {
  list = trim(list);
  if (list == "*") return true;
  const auto wanted = without_weakness(etag);
  if (wanted.empty()) return false;
  while (!list.empty()) {
    while (!list.empty() && (list.front() == ',' || list.front() == ' ' || list.front() == '\t'))
      list.remove_prefix(1);
    const auto tag = without_weakness(list);
    if (tag.empty() || tag.front() != '"') return false;
    const auto end = tag.find('"', 1);  // a comma may stand inside the quotes
    if (end == std::string_view::npos) return false;
    if (tag.substr(0, end + 1) == wanted) return true;
    list = tag.substr(end + 1);
  }
  return false;
}

Verdict parse_range(std::string_view range, std::uint64_t size) noexcept {
  constexpr std::string_view kUnit = "bytes=";
  const Verdict whole{};
  if (!starts_with_ignore_case(range, kUnit)) return whole;
  range = trim(range.substr(kUnit.size()));
  const auto dash = range.find('-');
  if (dash == std::string_view::npos || range.find(',') != std::string_view::npos) return whole;
  const auto first_text = trim(range.substr(0, dash));
  const auto last_text = trim(range.substr(dash + 1));
  const auto first = parse_unsigned(first_text);
  const auto last = parse_unsigned(last_text);
  if (first_text.empty()) {
    if (!last) return whole;
    if (*last == 0 || size == 0) return {Verdict::Kind::unsatisfiable, 0, 0};
    const auto count = std::min(*last, size);
    return {Verdict::Kind::partial, size - count, count};
  }
  if (!first || (!last && !last_text.empty())) return whole;
  if (last && *last < *first) return whole;
  if (*first >= size) return {Verdict::Kind::unsatisfiable, 0, 0};
  const auto end = last ? std::min(*last, size - 1) : size - 1;
  return {Verdict::Kind::partial, *first, end - *first + 1};
}

Verdict evaluate(const Conditions& conditions, const Representation& r) {
  if (!conditions.if_none_match.empty()) {
    if (matches_any(conditions.if_none_match, r.etag)) return {Verdict::Kind::not_modified, 0, 0};
  } else if (!conditions.if_modified_since.empty() && r.last_modified) {
    const auto since = parse_http_date(conditions.if_modified_since);
    if (since && *r.last_modified <= *since) return {Verdict::Kind::not_modified, 0, 0};
  }
  if (!conditions.range.empty() && r.ranges && r.size && range_applies(conditions.if_range, r)) {
    return parse_range(conditions.range, *r.size);
  }
  return {};
}

}  // namespace granary::http
