#pragma once
/// Many short texts in one buffer, searched as a whole.

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/find_text.h"

namespace granary::view {

/// Safe for concurrent reading. 880,000 names of PyPI take 17 MB.
class TextRows {
 public:
  /// Texts together may have 4 GB, of which the caller is sure. A line feed within one is kept, and not
  /// found.
  void add(std::string_view text);
  void shrink_to_fit();

  std::size_t size() const noexcept { return starts_.size() - 1; }
  std::string_view operator[](std::size_t row) const noexcept {
    return std::string_view(text_).substr(starts_[row] + 1, starts_[row + 1] - starts_[row] - 1);
  }
  std::size_t bytes() const noexcept { return text_.capacity() + starts_.capacity() * sizeof(starts_[0]); }

  /// Calls each(row) for the rows that contain `needle`, ascending. None contains the empty one.
  template <class Each>
  void for_each_with(std::string_view needle, const Each& each) const {
    if (needle.find(kSeparator) != std::string_view::npos) return;
    std::size_t row = 0;
    for (auto at = find_text(text_, needle, 0); at != std::string_view::npos;) {
      while (starts_[row + 1] <= at) ++row;
      each(row);
      at = find_text(text_, needle, starts_[row + 1]);
    }
  }

 private:
  static constexpr char kSeparator = '\n';
  std::string text_;                         // each row behind a separator
  std::vector<std::uint32_t> starts_ = {0};  // of the separators, and the end
};

}  // namespace granary::view
