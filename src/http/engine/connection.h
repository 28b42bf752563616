#pragma once
/// One client: a coroutine that reads requests and answers them in order, on its loop's thread.

#include <atomic>
#include <coroutine>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>

#include "http/engine/answer.h"
#include "http/engine/head.h"
#include "http/engine/input.h"
#include "http/engine/loop.h"
#include "http/engine/outgoing.h"
#include "http/engine/task.h"

namespace granary::http {

/// A request on its way through a worker. The worker owns it between submit and the message back.
struct Exchange {
  /// The end of the time for handling it, the time in the queue and further attempts included.
  Loop::Milliseconds due = 0;
  std::atomic<bool> taken{false};  // by a worker, or by the loop, which answers in its place when it is due
  Request request;
  std::shared_ptr<Answer> answer;  // of dispatch, or of a refusal by the gate
  bool admitted = false;
  bool done = false;                    // set by the message back, on the loop
  bool brief = false, crowded = false;  // see Response
  bool hot_allowed = false;
  bool http10 = false;
};

/// How other threads name a connection that may have ended meanwhile. `connection` is touched by the loop
/// alone.
struct Ticket {
  Connection* connection = nullptr;
  std::atomic<bool> posted{false};
};

class Connection : public Pollable {
 public:
  Connection(Loop& loop, const Door& door, UniqueFd fd, SslPtr ssl, std::string peer);
  ~Connection();
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  // For the loop.
  void start();
  void on_events(std::uint32_t events);
  void on_turn();
  void on_time(Loop::Milliseconds now);
  void on_drain();
  void cut();
  std::size_t index = 0;  // in the loop's list

 private:
  enum Interest : std::uint8_t { kRead = 1, kWrite = 2, kPosted = 4, kTurn = 8, kHangup = 16, kDrain = 32 };
  enum class Wake : std::uint8_t { ready, timeout, drain, hangup };
  enum class Received : std::uint8_t { some, nothing, ended };
  struct Wait;
  class Growth;

  // connection.cc: life, waiting, dispatch.
  Task<> run();
  Task<bool> take_proxy_header();
  Task<bool> handshake();
  Task<bool> serve_by_worker();
  Loop::Milliseconds due() const;  // of what begins now
  Task<bool> ask_worker(std::shared_ptr<Exchange> exchange, bool admit_only);
  Task<> ask_again(std::shared_ptr<Exchange> exchange);
  std::shared_ptr<Exchange> make_exchange(const Head& head);
  Wait wait(unsigned interests, std::chrono::milliseconds limit);
  Wait wait_until(unsigned interests, Loop::Milliseconds deadline);
  void resume(Wake wake);
  const std::shared_ptr<Ticket>& ticket();
  bool keeps_alive(const Head& head) const noexcept { return head.keep_alive && !loop_.draining(); }

  std::string_view client_of(const Head& head) const;

  // connection_io.cc: bytes in and out.
  std::string_view peek(std::span<char> room);
  Received receive();
  Sent send_now();
  Sent send_plain();
  Sent send_tls();
  void own_outgoing();
  Task<bool> send_rest();
  Task<> linger();

  // connection_answer.cc: what is sent.
  void compose(Answer& answer, Method method, const Conditions& conditions, bool keep, bool http10,
               std::string_view request_id, const Served* log);
  Task<bool> send_growing(std::shared_ptr<Answer> answer, bool chunked);
  Task<bool> send_answer(std::shared_ptr<Exchange> exchange, bool keep);
  Task<> refuse(int status, std::string message, std::string hint);
  Task<> refuse_with(std::shared_ptr<Answer> answer, std::shared_ptr<Exchange> exchange);

  // connection_body.cc
  Task<bool> receive_body(std::shared_ptr<Exchange> exchange);

  Loop& loop_;
  const Door& door_;
  UniqueFd fd_;
  SslPtr ssl_;
  std::string peer_;
  Task<> task_;
  std::shared_ptr<Ticket> ticket_;

  std::coroutine_handle<> waiter_;
  std::uint8_t waiting_for_ = 0;
  std::uint8_t ready_ = kRead | kWrite;
  Wake wake_ = Wake::ready;
  bool retired_ = false;
  bool broken_ = false;       // an answer could not be finished: close without ceremony
  bool peer_closed_ = false;  // its sending side
  Loop::Milliseconds deadline_ = 0;

  RequestParser parser_;
  Input in_;
  Outgoing out_;
  std::string out_text_;                // pieces of out_ that no answer owns
  std::shared_ptr<Answer> out_answer_;  // keeps out_ valid while it waits
};

/// Ready at once when one of `interests` is; else the loop resumes the coroutine.
struct Connection::Wait {
  Connection& c;
  std::uint8_t interests;
  Loop::Milliseconds deadline;

  bool await_ready() const noexcept {
    if ((c.ready_ & interests & (kRead | kWrite | kPosted | kHangup)) == 0) return false;
    c.wake_ = (c.ready_ & interests & kHangup) != 0 ? Wake::hangup : Wake::ready;
    return true;
  }
  void await_suspend(std::coroutine_handle<> handle) const {
    c.in_.keep();
    c.waiter_ = handle;
    c.waiting_for_ = interests;
    c.deadline_ = deadline;
    if ((interests & kTurn) != 0) c.loop_.yield(c);
  }
  Wake await_resume() const noexcept {
    c.ready_ &= static_cast<std::uint8_t>(~kPosted);
    return c.wake_;
  }
};

inline Connection::Wait Connection::wait_until(unsigned interests, Loop::Milliseconds deadline) {
  return Wait{*this, static_cast<std::uint8_t>(interests), deadline};
}
inline Connection::Wait Connection::wait(unsigned interests, std::chrono::milliseconds limit) {
  return wait_until(interests, loop_.now() + limit.count());
}

}  // namespace granary::http
