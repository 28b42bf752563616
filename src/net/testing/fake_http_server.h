#pragma once
/// A small real HTTP/1.1 server on loopback (or a unix socket), for tests of what speaks HTTP.

#include <condition_variable>
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <mutex>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "base/file.h"

namespace granary::net {

struct FakeRequest {
  std::string method, target, body;
  std::map<std::string, std::string> headers;  // names in lower case
};

struct FakeReply {
  int status = 200;
  std::vector<std::pair<std::string, std::string>> headers{};
  std::string body{};
  /// How the body is sent. cut: half of it, then the connection closes. held: half of it, then the rest only
  /// after release(). silent: nothing at all until release(), then the connection closes. dripping: half of
  /// it, then a byte each tenth of a second.
  enum class Way : std::uint8_t { whole, cut, held, silent, dripping } way = Way::whole;
};

/// Answers 404 where nothing was said. Safe for concurrent use.
class FakeHttpServer {
 public:
  using Handler = std::function<FakeReply(const FakeRequest&)>;

  FakeHttpServer();  // 127.0.0.1, a port that the kernel chooses
  explicit FakeHttpServer(const std::string& unix_path);
  ~FakeHttpServer();

  std::string url() const;  // "http://127.0.0.1:4711", no slash at the end

  class When {
   public:
    When(FakeHttpServer& server, std::string path) : server_(server), path_(std::move(path)) {}
    void reply(FakeReply reply);
    void reply(int status, std::string body) { reply(FakeReply{.status = status, .body = std::move(body)}); }
    void call(Handler handler);

   private:
    FakeHttpServer& server_;
    std::string path_;
  };
  When when(std::string path) { return {*this, std::move(path)}; }  // without query
  void otherwise(Handler handler);                                  // every other path

  /// The next requests, whatever they ask for, get this instead.
  void next(FakeReply reply, int times = 1);
  void fail_next(int status, int times = 1);
  /// Lets the held and silent ones go on.
  void release();

  std::vector<FakeRequest> requests() const;
  int connections() const;  // accepted so far

 private:
  void start();
  void accept_all();
  void serve(int fd);
  FakeReply answer(const FakeRequest& request);

  UniqueFd listener_;
  int port_ = 0;
  mutable std::mutex mutex_;
  std::condition_variable released_changed_;
  bool released_ = false, stopping_ = false;
  std::map<std::string, Handler> handlers_;
  Handler otherwise_;
  std::deque<FakeReply> next_;
  std::vector<FakeRequest> requests_;
  std::vector<int> open_;
  int connections_ = 0;
  std::vector<std::thread> threads_;
  std::thread acceptor_;
};

}  // namespace granary::net
