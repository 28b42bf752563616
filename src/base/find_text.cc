#include "base/find_text.h"

#include <bit>
#include <cstring>

#ifdef __SSE2__
#include <emmintrin.h>
#endif

namespace granary {

// Places where the needle's first and last byte are at their distance are rare: only these are compared.
std::size_t find_text(std::string_view text, std::string_view needle, std::size_t from) noexcept {
  if (needle.empty() || from >= text.size() || needle.size() > text.size() - from)
    return std::string_view::npos;
  if (needle.size() == 1) return text.find(needle.front(), from);
#ifdef __SSE2__
  const auto first = _mm_set1_epi8(needle.front()), last = _mm_set1_epi8(needle.back());
  const auto distance = needle.size() - 1;
  const auto load = [&](std::size_t at) {
    return _mm_loadu_si128(reinterpret_cast<const __m128i*>(text.data() + at));
  };
  for (; from + distance + 16 <= text.size(); from += 16) {
    const auto both =
        _mm_and_si128(_mm_cmpeq_epi8(load(from), first), _mm_cmpeq_epi8(load(from + distance), last));
    for (auto places = static_cast<unsigned>(_mm_movemask_epi8(both)); places != 0; places &= places - 1) {
      const auto at = from + static_cast<std::size_t>(std::countr_zero(places));
      if (std::memcmp(text.data() + at + 1, needle.data() + 1, distance - 1) == 0) return at;
    }
  }
#endif
  return text.find(needle, from);
}

}  // namespace granary
