#include "http/engine/connection.h"

#include <openssl/err.h>
#include <sys/epoll.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <chrono>

#include "base/text.h"
#include "http/engine/forwarded.h"
#include "http/engine/proxy_protocol.h"
#include "http/status.h"

namespace granary::http {
namespace {

// Between attempts, at least: the clock of a loop is coarser. It grows while too many wait.
constexpr std::chrono::milliseconds kBetweenAttempts{100}, kLongestBetweenAttempts{1000};
constexpr int kHotAnswersPerTurn = 64;  // of one pipelining client, before others get their turn

bool is_sane_id(std::string_view id) noexcept {
  return !id.empty() && id.size() <= 64 && std::all_of(id.begin(), id.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
           c == '_' || c == '.';
  });
}

HotKey key_of(const Head& head, const Door& door) noexcept {
  return {head.target, head.accept, head.accept_encoding, head.authorization, door.index};
}

HotKey key_of(const Request& request, const Door& door) noexcept {
  return {request.target, request.header("Accept"), request.header("Accept-Encoding"),
          request.header("Authorization"), door.index};
}

class Count {
 public:
  explicit Count(std::atomic<std::int64_t>& of) : of_(of) { of_.fetch_add(1, std::memory_order_relaxed); }
  ~Count() { of_.fetch_sub(1, std::memory_order_relaxed); }
  Count(const Count&) = delete;
  Count& operator=(const Count&) = delete;

 private:
  std::atomic<std::int64_t>& of_;
};

/// Runs on a worker, or on the loop what is at once.
void work(Engine& engine, const Door& door, Exchange& exchange, bool admit_only) {
  const auto begun = std::chrono::steady_clock::now();
  Logger log = engine.log.with("request", exchange.request.id);
  Context context(log, engine.stop, Context::Clock::time_point(std::chrono::milliseconds(exchange.due)));
  const bool reads = exchange.request.method == Method::get || exchange.request.method == Method::head;
  if (reads && !exchange.request.body) context = context.with_remote_waits(engine.remote_waits);
  if (admit_only) {
    const auto admitted = door.router->admit(context, exchange.request);
    exchange.admitted = admitted.has_value();
    if (!admitted) exchange.answer = Answer::prepare(error_response(admitted.error()), door.always);
    return;
  }
  auto response = door.router->dispatch(context, exchange.request);
  exchange.brief = response.brief;
  exchange.crowded = response.crowded;
  exchange.answer = Answer::prepare(std::move(response), door.always);
  exchange.answer->back_by(engine.memory_files, engine.options.spool_directory);
  engine.worker_seconds.observe(
      std::chrono::duration<double>(std::chrono::steady_clock::now() - begun).count());
}

}  // namespace

Connection::Connection(Loop& loop, const Door& door, UniqueFd fd, SslPtr ssl, std::string peer)
    : Pollable{Kind::connection},
      loop_(loop),
      door_(door),
      fd_(std::move(fd)),
      ssl_(std::move(ssl)),
      peer_(std::move(peer)) {}

Connection::~Connection() { cut(); }

void Connection::start() {
  task_ = run();
  if (task_.done() && !retired_) {
    retired_ = true;
    loop_.retire(*this);
  }
}

void Connection::cut() {
  task_ = Task<>();
  waiter_ = {};
  waiting_for_ = 0;
  if (ticket_) ticket_->connection = nullptr;
}

void Connection::resume(Wake wake) {
  wake_ = wake;
  waiting_for_ = 0;
  deadline_ = 0;
  std::exchange(waiter_, {}).resume();
  if (task_.done() && !retired_) {
    retired_ = true;
    loop_.retire(*this);
  }
}

void Connection::on_events(std::uint32_t events) {
  if (retired_) return;
  if ((events & (EPOLLIN | EPOLLRDHUP)) != 0) ready_ |= kRead;
  if ((events & EPOLLOUT) != 0) ready_ |= kWrite;
  if ((events & EPOLLRDHUP) != 0) peer_closed_ = true;
  if ((events & (EPOLLHUP | EPOLLERR)) != 0) ready_ |= kRead | kWrite | kHangup;
  if ((ready_ & waiting_for_) == 0) return;
  resume((ready_ & waiting_for_ & kHangup) != 0 ? Wake::hangup : Wake::ready);
}

void Connection::on_turn() {
  if (!retired_ && (waiting_for_ & kTurn) != 0) resume(Wake::ready);
}

void Connection::on_time(Loop::Milliseconds now) {
  if (!retired_ && waiter_ && deadline_ != 0 && now >= deadline_) resume(Wake::timeout);
}

void Connection::on_drain() {
  if (!retired_ && (waiting_for_ & kDrain) != 0) resume(Wake::drain);
}

const std::shared_ptr<Ticket>& Connection::ticket() {
  if (!ticket_) {
    ticket_ = std::make_shared<Ticket>();
    ticket_->connection = this;
  }
  return ticket_;
}

/// Takes the header off the socket and nothing behind it, which may be for OpenSSL.
Task<bool> Connection::take_proxy_header() {
  const auto deadline = loop_.now() + loop_.engine().options.limits.header_timeout.count();
  const char* problem = "";
  if (!is_trusted_proxy(peer_, loop_.engine().options.trusted_proxies))
    problem = "the peer is no trusted proxy";
  while (*problem == '\0') {
    std::array<char, kMostProxyHeader> room;
    const auto header = parse_proxy_header(peek(room));
    if (header.state == ProxyHeader::State::complete) {
      (void)!::recv(fd_.get(), room.data(), header.size, 0);
      if (!header.client.empty()) peer_ = header.client;
      co_return true;
    }
    problem = header.problem;
    if (*problem != '\0') break;
    if ((ready_ & kHangup) != 0 || peer_closed_) co_return false;
    ready_ &= static_cast<std::uint8_t>(~kRead);
    const Wake wake = co_await wait_until(kRead | kHangup | kDrain, deadline);
    if (wake == Wake::timeout) problem = "the PROXY header did not arrive in time";
    if (wake == Wake::drain) co_return false;
  }
  if (loop_.may_complain())
    loop_.engine().log.warn("closed a connection, see HTTP.ProxyProtocol",
                            {{"peer", peer_}, {"problem", problem}});
  co_return false;
}

Task<bool> Connection::handshake() {
  const auto deadline = loop_.now() + loop_.engine().options.limits.header_timeout.count();
  for (;;) {
    ERR_clear_error();
    const int result = SSL_do_handshake(ssl_.get());
    if (result == 1) co_return true;
    const int error = SSL_get_error(ssl_.get(), result);
    unsigned interest = kRead;
    if (error == SSL_ERROR_WANT_WRITE) {
      interest = kWrite;
    } else if (error != SSL_ERROR_WANT_READ) {
      co_return false;
    }
    ready_ &= static_cast<std::uint8_t>(~interest);
    const Wake wake = co_await wait_until(interest | kHangup, deadline);
    if (wake != Wake::ready) co_return false;
  }
}

Task<> Connection::run() {
  if (door_.proxy_protocol) {
    const bool taken = co_await take_proxy_header();
    if (!taken) co_return;
  }
  if (ssl_) {
    const bool secured = co_await handshake();
    if (!secured) co_return;
  }
  const auto& limits = loop_.engine().options.limits;
  int answers_in_turn = 0;
  Loop::Milliseconds head_deadline = 0;
  for (;;) {
    parser_.reset();
    head_deadline = 0;
    const auto parse = [this] {
      return parser_.repeat(in_.view()) ? RequestParser::Progress::complete : parser_.parse_head(in_.view());
    };
    auto progress = in_.empty() ? RequestParser::Progress::more : parse();
    while (progress == RequestParser::Progress::more) {
      if (in_.view().size() >= limits.header_bytes) break;
      const auto received = receive();
      if (received == Received::ended) co_return;
      if (received == Received::some) {
        progress = parse();
        continue;
      }
      answers_in_turn = 0;
      const bool idle = in_.empty();
      if (idle && loop_.draining()) co_return;
      if (!idle && head_deadline == 0) head_deadline = loop_.now() + limits.header_timeout.count();
      const auto deadline = idle ? loop_.now() + limits.idle_timeout.count() : head_deadline;
      unsigned interests = kRead;
      if (idle) interests |= kDrain;
      const Wake wake = co_await wait_until(interests, deadline);
      if (wake == Wake::timeout) {
        if (!idle)
          co_await refuse(408, "the head of the request did not arrive in time", "send requests whole");
        co_return;
      }
      if (wake == Wake::drain) ready_ |= kRead;  // what the client has just sent is a request that has begun
    }
    if (progress == RequestParser::Progress::more || parser_.head_size() > limits.header_bytes) {
      co_await refuse(431, "the head of the request is too large", "send fewer or shorter headers");
      co_return;
    }
    if (progress == RequestParser::Progress::refused) {
      const auto refusal = parser_.refusal();
      co_await refuse(refusal.status, refusal.message, "");
      co_return;
    }

    const Head& head = parser_.head();
    bool keep = keeps_alive(head);
    if (head.simple && (head.method == Method::get || head.method == Method::head)) {
      if (const auto* hit = loop_.hot().find(key_of(head, door_))) {
        loop_.metrics().hot_hit();
        const Conditions conditions{head.if_none_match, head.if_modified_since, head.range, head.if_range};
        const Served log{loop_.logs_access() ? client_of(head) : std::string_view(peer_),
                         name_of(head.method),
                         head.target,
                         head.referer,
                         head.user_agent,
                         head.http10,
                         0,
                         0};
        compose(**hit, head.method, conditions, keep, head.http10, {}, &log);
        in_.consume(parser_.head_size());
        auto sent = send_now();
        if (sent != Sent::all) {
          if (sent == Sent::failed) co_return;
          out_answer_ = *hit;
          own_outgoing();
          const bool delivered = co_await send_rest();
          if (!delivered) co_return;
        }
        if (!keep) {
          co_await linger();
          co_return;
        }
        if (++answers_in_turn >= kHotAnswersPerTurn) {
          answers_in_turn = 0;
          (void)co_await wait_until(kTurn, 0);
        }
        continue;
      }
      loop_.metrics().hot_miss();
    }
    keep = co_await serve_by_worker();
    if (broken_) co_return;
    if (!keep) {
      co_await linger();
      co_return;
    }
  }
}

std::string_view Connection::client_of(const Head& head) const {
  if (!head.forwarded) return peer_;
  return http::client_of(peer_, head.headers, loop_.engine().options.trusted_proxies);
}

std::shared_ptr<Exchange> Connection::make_exchange(const Head& head) {
  auto exchange = std::make_shared<Exchange>();
  Request& request = exchange->request;
  request.method = head.method;
  request.target = head.target;
  request.headers.reserve(head.headers.size());
  for (const auto& [name, value] : head.headers)
    request.headers.push_back({std::string(name), std::string(value)});
  request.peer = client_of(head);
  request.proxied = is_trusted_proxy(peer_, loop_.engine().options.trusted_proxies);
  request.local = door_.local;
  request.tls = ssl_ != nullptr;
  request.id = is_sane_id(head.request_id) ? std::string(head.request_id) : loop_.next_request_id();
  exchange->due = due();
  exchange->hot_allowed = head.simple;
  exchange->http10 = head.http10;
  return exchange;
}

Loop::Milliseconds Connection::due() const {
  return loop_.now() + loop_.engine().options.limits.request_timeout.count();
}

/// False when no worker took it: too many wait, or it was due before one was free.
Task<bool> Connection::ask_worker(std::shared_ptr<Exchange> exchange, bool admit_only) {
  Engine& engine = loop_.engine();
  ready_ &= static_cast<std::uint8_t>(~kPosted);
  exchange->done = false;
  exchange->taken = false;
  std::function<void()> job = [&engine, &loop = loop_, door = &door_, ticket = ticket(), exchange,
                               admit_only]() mutable {
    if (exchange->taken.exchange(true)) return;
    work(engine, *door, *exchange, admit_only);
    loop.post([ticket = std::move(ticket), exchange = std::move(exchange)] {
      exchange->done = true;
      Connection* connection = ticket->connection;
      if (!connection || connection->retired_) return;
      connection->ready_ |= kPosted;
      if ((connection->waiting_for_ & kPosted) != 0) connection->resume(Wake::ready);
    });
  };
  bool asked = engine.workers.submit(std::move(job));
  // A late wake of a growing file may come in between.
  for (auto until = exchange->due; asked && !exchange->done;) {
    const Wake wake = co_await wait_until(kPosted, until);
    if (wake != Wake::timeout) continue;
    asked = exchange->taken.exchange(true);
    until = 0;  // the worker looks at the clock itself
  }
  if (!asked) {
    const Error busy(Errc::unavailable, "the server is busy", "try again in a moment", __FILE__, __LINE__);
    exchange->answer = Answer::prepare(error_response(busy), door_.always);
  }
  co_return asked;
}

/// While it is told that what it needs is away for a moment. In the end the exchange has an answer.
Task<> Connection::ask_again(std::shared_ptr<Exchange> exchange) {
  const auto& options = loop_.engine().options;
  const Count one(loop_.engine().waiting->count);
  const auto waiting = static_cast<std::size_t>(loop_.engine().waiting->count);
  const auto brief = std::min(exchange->due, loop_.now() + options.brief_patience.count());
  auto pause = kBetweenAttempts;
  while (exchange->brief && loop_.now() < (exchange->crowded ? exchange->due : brief) && !loop_.draining() &&
         !peer_closed_ && waiting <= options.queue / 2) {
    const Wake wake = co_await wait(kDrain | kHangup, pause);
    pause = exchange->crowded ? std::min(pause * 2, kLongestBetweenAttempts) : kBetweenAttempts;
    if (wake == Wake::hangup) break;
    const auto told = exchange->answer;
    const bool asked = co_await ask_worker(exchange, false);
    if (!asked) exchange->answer = told;  // the workers are busy: the next time
  }
  if (exchange->brief && loop_.may_complain())
    loop_.engine().log.warn("told a client to come later",
                            {{"request", exchange->request.id},
                             {"target", exchange->request.target},
                             {"said", std::string(trim(exchange->answer->bytes()))}});
}

/// Whether the connection may go on with another request.
Task<bool> Connection::serve_by_worker() {
  auto exchange = make_exchange(parser_.head());
  const Count count(loop_.engine().inflight->count);
  if (parser_.head().has_body()) {
    const bool received = co_await receive_body(exchange);
    if (!received) co_return false;
    exchange->due = due();
  } else {
    in_.consume(parser_.head_size());
  }
  if (door_.router->is_at_once(exchange->request.path())) {
    work(loop_.engine(), door_, *exchange, false);
  } else {
    (void)co_await ask_worker(exchange, false);
  }
  if (exchange->brief) co_await ask_again(exchange);
  auto answer = exchange->answer;
  const bool cacheable = exchange->hot_allowed && answer->hot() && !answer->growing() &&
                         (exchange->request.method == Method::get ||
                          (exchange->request.method == Method::head && answer->size().value_or(0) != 0));
  if (cacheable) loop_.hot().put(key_of(exchange->request, door_), answer);
  const bool keep = keeps_alive(parser_.head());
  const bool delivered = co_await send_answer(exchange, keep);
  co_return keep&& delivered;
}

}  // namespace granary::http
