#include <fmt/format.h>
#include <sys/socket.h>

#include "base/growing_file.h"
#include "base/json.h"
#include "http/engine/connection.h"
#include "http/status.h"

namespace granary::http {
namespace {

constexpr std::uint64_t kChunk = 1 << 20;

Served served_of(const Exchange& exchange) {
  const Request& r = exchange.request;
  return {
      r.peer, name_of(r.method), r.target, r.header("Referer"), r.header("User-Agent"), exchange.http10, 0,
      0};
}

}  // namespace

/// A subscription to a growing file for as long as it lives.
class Connection::Growth {
 public:
  Growth(std::shared_ptr<GrowingFile> file, Loop& loop, const std::shared_ptr<Ticket>& ticket)
      : file_(std::move(file)) {
    id_ = file_->subscribe([&loop, ticket] {
      if (ticket->posted.exchange(true, std::memory_order_acq_rel))
        return;  // one message on its way is enough
      loop.post([ticket] {
        ticket->posted.store(false, std::memory_order_release);
        Connection* connection = ticket->connection;
        if (!connection || connection->retired_) return;
        connection->ready_ |= kPosted;
        if ((connection->waiting_for_ & kPosted) != 0) connection->resume(Wake::ready);
      });
    });
  }
  ~Growth() { file_->unsubscribe(id_); }
  Growth(const Growth&) = delete;
  Growth& operator=(const Growth&) = delete;

 private:
  std::shared_ptr<GrowingFile> file_;
  std::uint64_t id_ = 0;
};

/// Fills out_ with all of an answer but a growing body, counts it and logs it.
void Connection::compose(Answer& answer, Method method, const Conditions& conditions, bool keep, bool http10,
                         std::string_view request_id, const Served* log) {
  answer.refresh(loop_.date(), loop_.second());
  Verdict verdict;
  if (answer.negotiable() && conditions.any() && (method == Method::get || method == Method::head)) {
    Conditions asked = conditions;
    if (method == Method::head) asked.range = {};  // ranges are defined for GET alone (RFC 9110, 14.2)
    verdict = evaluate(asked, answer.representation());
  }
  int status = answer.status();
  std::uint64_t size = answer.size().value_or(0);
  std::uint64_t first = 0;
  std::string_view head = answer.head();
  std::string partial;
  switch (verdict.kind) {
    case Verdict::Kind::whole:
      break;
    case Verdict::Kind::not_modified:
      status = 304;
      size = 0;
      head = answer.not_modified_head();
      break;
    case Verdict::Kind::partial:
      status = 206;
      first = verdict.first;
      size = verdict.size;
      partial = answer.partial_head(verdict, loop_.date());
      break;
    case Verdict::Kind::unsatisfiable:
      status = 416;
      size = 0;
      partial = answer.partial_head(verdict, loop_.date());
      break;
  }
  if (method == Method::head || status == 204) size = 0;
  const bool frame = answer.growing() && !answer.size() && status == 200 && !http10;
  bool in_one_piece = false;
  if (keep && !http10 && request_id.empty() && partial.empty() && !frame) {
    const bool all = verdict.kind == Verdict::Kind::whole && size != 0 && !answer.whole().empty();
    out_.pieces = {all ? answer.whole() : head, {}, {}};
    in_one_piece = all;
  } else {
    if (!partial.empty()) head = partial;
    out_text_.assign(head.substr(0, head.size() - 2));
    if (!request_id.empty()) out_text_.append("X-Request-Id: ").append(request_id).append("\r\n");
    if (frame) out_text_ += "Transfer-Encoding: chunked\r\n";
    if (!keep) {
      out_text_ += "Connection: close\r\n";
    } else if (http10) {
      out_text_ += "Connection: keep-alive\r\n";
    }
    out_text_ += "\r\n";
    out_.pieces = {out_text_, {}, {}};
  }
  out_.file = -1;
  out_.offset = out_.count = 0;
  if (size != 0 && !answer.growing() && !in_one_piece) {
    const auto* file = answer.file();
    if (!file && !ssl_) file = answer.backing();
    if (file) {
      out_.file = file->fd.get();
      out_.offset = first;
      out_.count = size;
    } else {
      out_.pieces[2] = answer.bytes().substr(first, size);
    }
  }
  loop_.metrics().answered(status, &method, size);
  if (loop_.logs_access() && log) {
    Served line = *log;
    line.status = status;
    line.bytes = size;
    loop_.log_access(line);
  }
}

Task<bool> Connection::send_answer(std::shared_ptr<Exchange> exchange, bool keep) {
  const Request& request = exchange->request;
  const Conditions conditions{request.header("If-None-Match"), request.header("If-Modified-Since"),
                              request.header("Range"), request.header("If-Range")};
  const bool endless = exchange->answer->growing() && !exchange->answer->size();
  const bool close_delimited = endless && exchange->http10;
  const bool lacking =
      request.method != Method::head && std::holds_alternative<UnsentBody>(exchange->answer->body());
  const bool stays = keep && !close_delimited && !lacking;
  const Served log = served_of(*exchange);
  compose(*exchange->answer, request.method, conditions, stays, exchange->http10, request.id, &log);
  out_answer_ = exchange->answer;
  const bool grows = exchange->answer->growing() && request.method != Method::head &&
                     !out_.pieces[0].starts_with("HTTP/1.1 304");
  const auto sent = send_now();
  if (sent == Sent::failed) co_return false;
  if (sent != Sent::all) {
    own_outgoing();
    const bool delivered = co_await send_rest();
    if (!delivered) co_return false;
  }
  if (!grows) {
    out_answer_.reset();
    co_return stays;
  }
  const bool whole = co_await send_growing(exchange->answer, endless && !exchange->http10);
  if (!whole) {
    broken_ = true;
    const struct ::linger reset{1, 0};  // what was sent must not look complete
    ::setsockopt(fd_.get(), SOL_SOCKET, SO_LINGER, &reset, sizeof reset);
  }
  co_return whole&& stays;
}

/// False when the file was abandoned, the client has gone or stalls: the connection must be cut.
Task<bool> Connection::send_growing(std::shared_ptr<Answer> answer, bool chunked) {
  const auto file = std::get<GrowingBody>(answer->body()).file;
  const Growth growth(file, loop_, ticket());
  const auto patience = loop_.engine().options.limits.request_timeout;
  std::uint64_t sent = 0;
  for (;;) {
    const auto state = file->state();
    if (state.error) co_return false;
    if (answer->size() && state.size > *answer->size()) co_return false;
    if (sent == state.size) {
      if (state.finished) break;
      const Wake wake = co_await wait(kPosted | kHangup, patience);
      if (wake != Wake::ready) co_return false;
      continue;
    }
    const auto count = std::min(state.size - sent, kChunk);
    if (chunked) out_text_ = fmt::format("{}{:x}\r\n", sent == 0 ? "" : "\r\n", count);
    out_.pieces = {};
    if (chunked) out_.pieces[0] = out_text_;
    out_.file = file->fd();
    out_.offset = sent;
    out_.count = count;
    sent += count;
    const bool delivered = co_await send_rest();
    if (!delivered) co_return false;
  }
  if (answer->size() && sent != *answer->size()) co_return false;
  if (chunked) {
    out_text_ = sent == 0 ? "0\r\n\r\n" : "\r\n0\r\n\r\n";
    out_.pieces = {out_text_, {}, {}};
    out_.file = -1;
    out_.count = 0;
    const bool delivered = co_await send_rest();
    if (!delivered) co_return false;
  }
  co_return true;
}

Task<> Connection::refuse_with(std::shared_ptr<Answer> answer, std::shared_ptr<Exchange> exchange) {
  const Conditions none;
  const Served log = served_of(*exchange);
  compose(*answer, exchange->request.method, none, false, exchange->http10, exchange->request.id, &log);
  out_answer_ = answer;
  own_outgoing();
  const bool delivered = co_await send_rest();
  if (delivered) co_await linger();
}

/// For what could not become a request.
Task<> Connection::refuse(int status, std::string message, std::string hint) {
  const Error error(Errc::invalid_argument, std::move(message), std::move(hint), __FILE__, __LINE__);
  auto response = error_response(error);
  response.status = status;
  response.reason.clear();
  auto answer = Answer::prepare(std::move(response), door_.always);
  answer->refresh(loop_.date(), loop_.second());
  const auto head = answer->head();
  out_text_.assign(head.substr(0, head.size() - 2)).append("Connection: close\r\n\r\n");
  out_.pieces = {out_text_, {}, answer->bytes()};
  out_.file = -1;
  out_.count = 0;
  out_answer_ = answer;
  loop_.metrics().answered(status, nullptr, answer->bytes().size());
  if (loop_.logs_access()) {
    Served line;
    line.peer = peer_;
    line.status = status;
    line.bytes = answer->bytes().size();
    loop_.log_access(line);
  }
  const bool delivered = co_await send_rest();
  if (delivered) co_await linger();
}

}  // namespace granary::http
