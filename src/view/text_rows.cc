#include "view/text_rows.h"

#include "base/result.h"

namespace granary::view {

void TextRows::add(std::string_view text) {
  GRANARY_ASSERT(text_.size() + text.size() < UINT32_MAX);
  text_.append(1, kSeparator).append(text);
  starts_.push_back(static_cast<std::uint32_t>(text_.size()));
}

void TextRows::shrink_to_fit() {
  text_.shrink_to_fit();
  starts_.shrink_to_fit();
}

}  // namespace granary::view
