#pragma once
/// Received bytes that were not used yet. They lie in the loop's scratch buffer until somebody has to wait,
/// so that an idle connection owns no buffer.

#include <string>
#include <string_view>

namespace granary::http {

class Input {
 public:
  std::string_view view() const noexcept { return borrowed_ ? lent_ : std::string_view(own_).substr(used_); }
  bool empty() const noexcept { return view().empty(); }

  /// Takes bytes that stay valid until the next keep().
  void add(std::string_view bytes) {
    if (empty()) {
      lent_ = bytes;
      borrowed_ = true;
      return;
    }
    keep();
    own_ += bytes;
  }
  void consume(std::size_t count) {
    if (borrowed_) {
      lent_.remove_prefix(count);
    } else {
      used_ += count;
    }
  }
  /// Call before the lender's buffer is used again. Moves the bytes: views of them end here.
  void keep() {
    if (borrowed_) {
      if (lent_.empty()) {
        std::string().swap(own_);
      } else {
        own_.assign(lent_);
      }
      borrowed_ = false;
      used_ = 0;
    } else if (used_ != 0) {
      own_.erase(0, used_);
      used_ = 0;
    }
  }

 private:
  std::string own_;
  std::size_t used_ = 0;
  std::string_view lent_;
  bool borrowed_ = false;
};

}  // namespace granary::http
