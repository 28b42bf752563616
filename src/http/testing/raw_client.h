#pragma once
/// A socket and little else: tests say every byte that a client sends, also those no decent client would.

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <chrono>
#include <cstring>
#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "base/file.h"
#include "base/text.h"

namespace granary::http {

struct RawAnswer {
  int status = 0;
  std::string reason;
  std::map<std::string, std::string> headers;  // names in lower case
  std::string body;
  bool complete = false;  // framing was satisfied
  std::string header(const std::string& name) const {
    const auto at = headers.find(name);
    return at == headers.end() ? "" : at->second;
  }
};

class RawClient {
 public:
  explicit RawClient(std::uint16_t port) : fd_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_in to{};
    to.sin_family = AF_INET;
    to.sin_port = htons(port);
    to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    connected_ = ::connect(fd_.get(), reinterpret_cast<sockaddr*>(&to), sizeof to) == 0;
  }
  explicit RawClient(const std::string& path) : fd_(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_un to{};
    to.sun_family = AF_UNIX;
    std::memcpy(to.sun_path, path.c_str(), path.size() + 1);
    connected_ = ::connect(fd_.get(), reinterpret_cast<sockaddr*>(&to), sizeof to) == 0;
  }

  bool connected() const noexcept { return connected_; }
  int fd() const noexcept { return fd_.get(); }
  /// False when the server has closed.
  bool send(std::string_view bytes) {
    while (!bytes.empty()) {
      const auto n = ::send(fd_.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
      if (n <= 0) return false;
      bytes.remove_prefix(static_cast<std::size_t>(n));
    }
    return true;
  }
  void half_close() { ::shutdown(fd_.get(), SHUT_WR); }
  void close() { fd_.reset(); }

  /// The next answer. `head`: it belongs to a HEAD request. Not complete when the server closed or 10 s
  /// passed.
  RawAnswer read(bool head = false) {
    RawAnswer answer;
    while (buffer_.find("\r\n\r\n") == std::string::npos) {
      if (!fill()) return answer;
    }
    const auto end = buffer_.find("\r\n\r\n");
    const std::string text = buffer_.substr(0, end);
    buffer_.erase(0, end + 4);
    const auto lines = split(text, '\n');
    const auto status_line = trim(lines[0]);
    answer.status = std::stoi(std::string(status_line.substr(9, 3)));
    answer.reason = status_line.size() > 13 ? status_line.substr(13) : "";
    for (std::size_t i = 1; i < lines.size(); ++i) {
      const auto colon = lines[i].find(':');
      answer.headers[lower(lines[i].substr(0, colon))] = trim(lines[i].substr(colon + 1));
    }
    read_body(answer, head);
    return answer;
  }
  RawAnswer ask(std::string_view request, bool head = false) {
    send(request);
    return read(head);
  }
  /// A GET of HTTP/1.1, with more header lines, each ended by CRLF.
  RawAnswer get(std::string_view target, std::string_view more = "") {
    return ask("GET " + std::string(target) + " HTTP/1.1\r\nHost: x\r\n" + std::string(more) + "\r\n");
  }
  /// Whether the server closes within `patience`; bytes before that are dropped.
  bool closed(std::chrono::milliseconds patience = std::chrono::seconds(10)) {
    while (fill(patience)) buffer_.clear();
    return ended_;
  }
  /// Whatever comes until at least `count` bytes are there.
  std::string take(std::size_t count) {
    while (buffer_.size() < count) {
      if (!fill()) break;
    }
    const auto out = buffer_.substr(0, count);
    buffer_.erase(0, out.size());
    return out;
  }

 private:
  bool fill(std::chrono::milliseconds patience = std::chrono::seconds(10)) {
    pollfd p{fd_.get(), POLLIN, 0};
    if (ended_ || ::poll(&p, 1, static_cast<int>(patience.count())) <= 0) return false;
    char chunk[65536];
    const auto n = ::recv(fd_.get(), chunk, sizeof chunk, 0);
    if (n <= 0) {
      ended_ = true;
      return false;
    }
    buffer_.append(chunk, static_cast<std::size_t>(n));
    return true;
  }
  void read_body(RawAnswer& answer, bool head) {
    if (head || answer.status == 204 || answer.status == 304 || answer.status < 200) {
      answer.complete = true;
      return;
    }
    if (answer.header("transfer-encoding") == "chunked") {
      for (;;) {
        while (buffer_.find("\r\n") == std::string::npos) {
          if (!fill()) return;
        }
        const auto size = std::stoul(buffer_, nullptr, 16);
        buffer_.erase(0, buffer_.find("\r\n") + 2);
        const auto part = take(size + 2);
        if (part.size() != size + 2) return;
        if (size == 0) break;
        answer.body += part.substr(0, size);
      }
      answer.complete = true;
    } else if (const auto length = answer.header("content-length"); !length.empty()) {
      answer.body = take(std::stoul(length));
      answer.complete = answer.body.size() == std::stoul(length);
    } else {
      while (fill()) {
      }
      answer.body = std::move(buffer_);
      answer.complete = ended_;
    }
  }

  UniqueFd fd_;
  bool connected_ = false;
  bool ended_ = false;
  std::string buffer_;
};

}  // namespace granary::http
