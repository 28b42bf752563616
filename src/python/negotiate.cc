#include "python/negotiate.h"

#include <algorithm>
#include <array>

#include "base/text.h"

namespace granary::python {
namespace {

struct Offer {
  std::string_view type, alias;
  SimpleForm form;
};
// In order of preference.
constexpr std::array<Offer, 3> kOffers = {{
    {"application/vnd.pypi.simple.v1+json", "application/vnd.pypi.simple.latest+json", SimpleForm::json},
    {"application/vnd.pypi.simple.v1+html", "application/vnd.pypi.simple.latest+html", SimpleForm::html_v1},
    {"text/html", "text/html", SimpleForm::html},
}};

// What pip and uv send, byte for byte.
constexpr std::string_view kPip =
    "application/vnd.pypi.simple.v1+json, application/vnd.pypi.simple.v1+html; q=0.1, text/html; q=0.01";
constexpr std::string_view kUv =
    "application/vnd.pypi.simple.v1+json, application/vnd.pypi.simple.v1+html;q=0.2, text/html;q=0.01";

/// In thousandths (RFC 9110, 12.4.2); a broken one counts as 1, which is what most clients mean.
int quality(std::string_view text) noexcept {
  constexpr int kOne = 1000;
  if (text.empty() || (text[0] != '0' && text[0] != '1')) return kOne;
  if (text[0] == '1' || text.size() < 2 || text[1] != '.') return text[0] == '1' ? kOne : 0;
  int value = 0;
  int scale = 100;
  for (const char c : text.substr(2, 3)) {
    if (c < '0' || c > '9') break;
    value += (c - '0') * scale;
    scale /= 10;
  }
  return value;
}

struct Range {
  std::string_view type;
  int q = 1000;
};
Range read_range(std::string_view text) {
  Range range;
  bool first = true;
  for (const auto part : split(text, ';')) {
    const auto item = trim(part);
    if (first) {
      range.type = item;
    } else if (starts_with_ignore_case(item, "q=")) {
      range.q = quality(trim(item.substr(2)));
    }
    first = false;
  }
  return range;
}

/// How exactly a range names a type; 0: not at all.
int exactness(std::string_view range, std::string_view type) noexcept {
  if (equals_ignore_case(range, type)) return 3;
  if (range == "*/*" || range == "*") return 1;
  return range.ends_with("/*") && starts_with_ignore_case(type, range.substr(0, range.size() - 1)) ? 2 : 0;
}

}  // namespace

std::string_view content_type_of(SimpleForm form) noexcept {
  switch (form) {
    case SimpleForm::json:
      return "application/vnd.pypi.simple.v1+json";
    case SimpleForm::html_v1:
      return "application/vnd.pypi.simple.v1+html; charset=utf-8";
    case SimpleForm::html:
      return "text/html; charset=utf-8";
  }
  return "text/html; charset=utf-8";
}

SimpleForm negotiate(std::string_view accept) {
  if (accept == kPip || accept == kUv) return SimpleForm::json;
  std::array<Range, kOffers.size()> best{};
  std::array<int, kOffers.size()> exact{};
  for (const auto part : split(accept, ',')) {
    const auto range = read_range(part);
    for (std::size_t i = 0; i < kOffers.size(); ++i) {
      const int how =
          std::max(exactness(range.type, kOffers[i].type), exactness(range.type, kOffers[i].alias));
      if (how <= exact[i]) continue;
      exact[i] = how;
      best[i] = range;
    }
  }
  SimpleForm chosen = SimpleForm::html;
  int chosen_q = 0;
  int chosen_exact = 0;
  // Backwards, so that JSON wins what is even; but "*/*" alone is a browser or curl, and stays with
  // text/html.
  for (std::size_t i = kOffers.size(); i-- > 0;) {
    if (exact[i] == 0 || best[i].q == 0 || best[i].q < chosen_q) continue;
    if (best[i].q == chosen_q && (exact[i] < chosen_exact || (exact[i] == chosen_exact && exact[i] == 1)))
      continue;
    chosen = kOffers[i].form;
    chosen_q = best[i].q;
    chosen_exact = exact[i];
  }
  return chosen;
}

Result<SimpleForm> parse_format(std::string_view value) {
  std::string type = lower(trim(value));
  std::replace(type.begin(), type.end(), ' ', '+');  // a '+' that was not escaped
  for (const auto& offer : kOffers)
    if (type == offer.type || type == offer.alias) return offer.form;
  return fail(Errc::invalid_argument, "'" + std::string(value) + "' is not a form of the simple API",
              "use application/vnd.pypi.simple.v1+json, application/vnd.pypi.simple.v1+html or text/html");
}

}  // namespace granary::python
