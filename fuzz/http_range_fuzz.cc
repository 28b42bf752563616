/// Conditions and ranges: whatever the headers say, a part lies inside the body.
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "http/engine/conditional.h"

using namespace granary::http;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 2) return 0;
  const std::uint64_t whole = data[0];
  std::string_view text(reinterpret_cast<const char*>(data + 1), size - 1);
  const auto cut = text.find('\n');
  const auto range = text.substr(0, cut);
  const auto other = cut == std::string_view::npos ? std::string_view() : text.substr(cut + 1);

  const auto verdict = parse_range(range, whole);
  if (verdict.kind == Verdict::Kind::partial &&
      (verdict.size == 0 || verdict.first >= whole || verdict.size > whole - verdict.first)) {
    std::abort();
  }
  Representation r;
  r.etag = "\"e\"";
  r.size = whole;
  r.ranges = true;
  const Conditions ranged{{}, {}, range, other};
  if (evaluate(ranged, r).kind == Verdict::Kind::not_modified) std::abort();
  const Conditions conditional{other, range, {}, {}};
  const bool matches = matches_any(other, "\"e\"");
  if (!other.empty() && matches != (evaluate(conditional, r).kind == Verdict::Kind::not_modified))
    std::abort();
  return 0;
}
