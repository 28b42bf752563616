#include "net/testing/fake_http_server.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <chrono>
#include <cstring>
#include <optional>

#include "base/text.h"

namespace granary::net {
namespace {

bool send_all(int fd, std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t n = ::send(fd, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (n <= 0) return false;
    bytes.remove_prefix(static_cast<std::size_t>(n));
  }
  return true;
}

/// Reads one request at a time out of a connection.
class Reader {
 public:
  explicit Reader(int fd) : fd_(fd) {}

  std::optional<FakeRequest> next() {
    std::size_t end;
    while ((end = buffer_.find("\r\n\r\n")) == std::string::npos) {
      if (!more()) return std::nullopt;
    }
    const std::string head = buffer_.substr(0, end);
    buffer_.erase(0, end + 4);
    FakeRequest request;
    const auto lines = split(head, '\n');
    const auto words = split(trim(lines[0]), ' ');
    if (words.size() != 3) return std::nullopt;
    request.method = words[0];
    request.target = words[1];
    for (std::size_t i = 1; i < lines.size(); ++i) {
      const auto colon = lines[i].find(':');
      if (colon == std::string_view::npos) return std::nullopt;
      request.headers[lower(lines[i].substr(0, colon))] = trim(lines[i].substr(colon + 1));
    }
    if (request.headers.contains("expect") && !send_all(fd_, "HTTP/1.1 100 Continue\r\n\r\n"))
      return std::nullopt;
    const auto length =
        parse_unsigned(request.headers.contains("content-length") ? request.headers["content-length"] : "0");
    if (!length) return std::nullopt;
    while (buffer_.size() < *length) {
      if (!more()) return std::nullopt;
    }
    request.body = buffer_.substr(0, *length);
    buffer_.erase(0, *length);
    return request;
  }

 private:
  bool more() {
    char chunk[65536];
    const ssize_t n = ::recv(fd_, chunk, sizeof chunk, 0);
    if (n <= 0) return false;
    buffer_.append(chunk, static_cast<std::size_t>(n));
    return true;
  }
  int fd_;
  std::string buffer_;
};

}  // namespace

FakeHttpServer::FakeHttpServer() {
  listener_ = UniqueFd(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  GRANARY_ASSERT(::bind(listener_.get(), reinterpret_cast<sockaddr*>(&address), size) == 0);
  GRANARY_ASSERT(::getsockname(listener_.get(), reinterpret_cast<sockaddr*>(&address), &size) == 0);
  port_ = ntohs(address.sin_port);
  start();
}

FakeHttpServer::FakeHttpServer(const std::string& unix_path) {
  listener_ = UniqueFd(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  GRANARY_ASSERT(unix_path.size() < sizeof address.sun_path);
  std::memcpy(address.sun_path, unix_path.data(), unix_path.size());
  GRANARY_ASSERT(::bind(listener_.get(), reinterpret_cast<sockaddr*>(&address), sizeof address) == 0);
  start();
}

void FakeHttpServer::start() {
  GRANARY_ASSERT(::listen(listener_.get(), 128) == 0);
  acceptor_ = std::thread([this] { accept_all(); });
}

FakeHttpServer::~FakeHttpServer() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
    for (const int fd : open_) ::shutdown(fd, SHUT_RDWR);
  }
  released_changed_.notify_all();
  ::shutdown(listener_.get(), SHUT_RDWR);
  acceptor_.join();
  for (auto& thread : threads_) thread.join();
}

std::string FakeHttpServer::url() const { return "http://127.0.0.1:" + std::to_string(port_); }

void FakeHttpServer::accept_all() {
  for (;;) {
    const int fd = ::accept4(listener_.get(), nullptr, nullptr, SOCK_CLOEXEC);
    if (fd < 0) return;
    const int on = 1;
    ::setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    const std::lock_guard lock(mutex_);
    if (stopping_) {
      ::close(fd);
      return;
    }
    ++connections_;
    open_.push_back(fd);
    threads_.emplace_back([this, fd] {
      serve(fd);
      const std::lock_guard done(mutex_);
      std::erase(open_, fd);
      ::close(fd);
    });
  }
}

void FakeHttpServer::serve(int fd) {
  Reader reader(fd);
  while (const auto request = reader.next()) {
    const FakeReply reply = answer(*request);
    const auto wait_for_release = [&] {
      std::unique_lock lock(mutex_);
      released_changed_.wait(lock, [&] { return released_ || stopping_; });
    };
    if (reply.way == FakeReply::Way::silent) {
      wait_for_release();
      return;
    }
    std::string head = "HTTP/1.1 " + std::to_string(reply.status) + " Said\r\n";
    bool has_length = reply.status == 204 || reply.status == 304;
    for (const auto& [name, value] : reply.headers) {
      head += name + ": " + value + "\r\n";
      has_length |= lower(name) == "content-length" || lower(name) == "transfer-encoding";
    }
    if (!has_length) head += "Content-Length: " + std::to_string(reply.body.size()) + "\r\n";
    head += "\r\n";
    if (request->method == "HEAD") {
      if (!send_all(fd, head)) return;
      continue;
    }
    const std::size_t half = reply.way == FakeReply::Way::whole ? reply.body.size() : reply.body.size() / 2;
    if (!send_all(fd, head + reply.body.substr(0, half))) return;
    if (reply.way == FakeReply::Way::cut) {
      ::shutdown(fd, SHUT_RDWR);
      return;
    }
    if (reply.way == FakeReply::Way::dripping) {
      for (std::size_t at = half; at < reply.body.size(); ++at) {
        if (!send_all(fd, reply.body.substr(at, 1))) return;
        std::unique_lock lock(mutex_);
        if (released_changed_.wait_for(lock, std::chrono::milliseconds(100), [&] { return stopping_; }))
          return;
      }
    }
    if (reply.way == FakeReply::Way::held) {
      wait_for_release();
      if (!send_all(fd, reply.body.substr(half))) return;
    }
  }
}

FakeReply FakeHttpServer::answer(const FakeRequest& request) {
  Handler handler;
  {
    const std::lock_guard lock(mutex_);
    requests_.push_back(request);
    if (!next_.empty()) {
      auto reply = std::move(next_.front());
      next_.pop_front();
      return reply;
    }
    const auto found = handlers_.find(request.target.substr(0, request.target.find('?')));
    handler = found == handlers_.end() ? otherwise_ : found->second;
  }
  if (handler) return handler(request);
  return {.status = 404, .body = "nothing here\n"};
}

void FakeHttpServer::When::reply(FakeReply reply) {
  call([reply = std::move(reply)](const FakeRequest&) { return reply; });
}
void FakeHttpServer::When::call(Handler handler) {
  const std::lock_guard lock(server_.mutex_);
  server_.handlers_[path_] = std::move(handler);
}
void FakeHttpServer::otherwise(Handler handler) {
  const std::lock_guard lock(mutex_);
  otherwise_ = std::move(handler);
}
void FakeHttpServer::next(FakeReply reply, int times) {
  const std::lock_guard lock(mutex_);
  for (int i = 0; i < times; ++i) next_.push_back(reply);
}
void FakeHttpServer::fail_next(int status, int times) {
  next({.status = status, .body = "told to fail\n"}, times);
}
void FakeHttpServer::release() {
  {
    const std::lock_guard lock(mutex_);
    released_ = true;
  }
  released_changed_.notify_all();
}
std::vector<FakeRequest> FakeHttpServer::requests() const {
  const std::lock_guard lock(mutex_);
  return requests_;
}
int FakeHttpServer::connections() const {
  const std::lock_guard lock(mutex_);
  return connections_;
}

}  // namespace granary::net
