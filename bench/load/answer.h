#pragma once
/// One HTTP/1.1 answer as it comes in: the head is read, the body only counted.

#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <string_view>

namespace load {

class Answer {
 public:
  enum class State { incomplete, whole, broken };

  void reset() { *this = Answer(); }
  int status() const { return status_; }
  std::int64_t size() const { return size_; }
  bool begun() const { return held_ > 0 || status_ > 0; }
  bool closes() const { return closes_; }

  /// Reads what is there.
  State receive(int fd) {
    while (status_ == 0) {
      const auto n = ::recv(fd, head_.data() + held_, head_.size() - held_, 0);
      if (n <= 0) return n < 0 && errno == EAGAIN ? State::incomplete : State::broken;
      held_ += static_cast<std::size_t>(n);
      const std::string_view text(head_.data(), held_);
      const auto end = text.find("\r\n\r\n");
      if (end == text.npos) {
        if (held_ == head_.size()) return State::broken;
        continue;
      }
      if (!parse(text.substr(0, end + 2))) return State::broken;
      left_ -= static_cast<std::int64_t>(held_ - end - 4);
    }
    while (left_ > 0) {
      // The bytes of the body are dropped in the kernel.
      const auto n =
          ::recv(fd, nullptr, static_cast<std::size_t>(std::min<std::int64_t>(left_, 1 << 20)), MSG_TRUNC);
      if (n <= 0) return n < 0 && errno == EAGAIN ? State::incomplete : State::broken;
      left_ -= n;
    }
    return left_ == 0 ? State::whole : State::broken;
  }

 private:
  /// `head` ends with a line break. Chunked bodies are broken: Granary sends none.
  bool parse(std::string_view head) {
    if (!head.starts_with("HTTP/1.1 ") || head.size() < 12) return false;
    status_ = std::atoi(head.data() + 9);
    size_ = -1;
    for (auto at = head.find("\r\n"); at + 2 < head.size(); at = head.find("\r\n", at + 2)) {
      const auto line = head.substr(at + 2);
      if (is(line, "content-length:")) size_ = std::atoll(line.data() + 15);
      if (is(line, "connection: close")) closes_ = true;
    }
    const bool bodyless = status_ == 304 || status_ == 204;
    left_ = bodyless ? 0 : size_;
    return status_ >= 200 && left_ >= 0;
  }
  static bool is(std::string_view line, std::string_view name) {
    return line.size() >= name.size() && ::strncasecmp(line.data(), name.data(), name.size()) == 0;
  }

  std::array<char, 8192> head_;
  std::size_t held_ = 0;
  int status_ = 0;
  std::int64_t size_ = -1, left_ = 0;
  bool closes_ = false;
};

}  // namespace load
