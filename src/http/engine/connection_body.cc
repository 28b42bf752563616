#include <optional>

#include "base/file.h"
#include "http/engine/connection.h"
#include "http/status.h"

namespace granary::http {
namespace {

constexpr std::uint64_t kBytesPerTurn = 4 << 20;  // of one client, before others get their turn

/// Bytes of a body: in memory up to a bound, then in an unlinked file.
class Spool {
 public:
  Spool(const ServerOptions& options, std::uint64_t expected) : options_(options) {
    if (expected <= options.limits.body_in_memory) memory_.reserve(expected);
  }

  bool take(std::string_view bytes) {
    received_ += bytes.size();
    if (received_ > options_.limits.body_bytes) return false;
    if (!file_ && received_ <= options_.limits.body_in_memory) {
      memory_ += bytes;
      return true;
    }
    return write(bytes);
  }
  std::uint64_t received() const noexcept { return received_; }
  const std::optional<Error>& error() const noexcept { return error_; }
  std::unique_ptr<ByteSource> finish() && {
    if (file_) return std::make_unique<FileSource>(std::move(file_), received_);
    return std::make_unique<MemorySource>(std::move(memory_));
  }

 private:
  bool write(std::string_view bytes) {
    if (!file_) {
      auto opened = anonymous_file(options_.spool_directory);
      if (!opened) return failed(std::move(opened).error());
      file_ = std::move(*opened);
      if (auto moved = write_all(file_.get(), as_bytes(memory_)); !moved)
        return failed(std::move(moved).error());
      std::string().swap(memory_);
    }
    if (auto written = write_all(file_.get(), as_bytes(bytes)); !written)
      return failed(std::move(written).error());
    return true;
  }
  bool failed(Error error) {
    error_ = std::move(error);
    return false;
  }

  const ServerOptions& options_;
  std::string memory_;
  UniqueFd file_;
  std::uint64_t received_ = 0;
  std::optional<Error> error_;
};

}  // namespace

/// False when the client was answered already, or is gone.
Task<bool> Connection::receive_body(std::shared_ptr<Exchange> exchange) {
  const auto& options = loop_.engine().options;
  const auto& limits = options.limits;
  const bool chunked = parser_.head().chunked;
  const bool expects = parser_.head().expect_continue && !parser_.head().http10;
  const std::uint64_t length = parser_.head().length;
  if (parser_.head().expect_unknown) {
    co_await refuse(417, "only '100-continue' can be expected", "leave the Expect header out");
    co_return false;
  }
  in_.consume(parser_.head_size());
  if (length > limits.body_bytes) {
    co_await refuse(413, "the body is larger than this server takes", "");
    co_return false;
  }
  bool admitted = false;
  if (expects || length > limits.body_in_memory) {
    (void)co_await ask_worker(exchange, true);
    if (!exchange->admitted) {
      co_await refuse_with(exchange->answer, exchange);
      co_return false;
    }
    admitted = true;
  }
  if (expects && in_.empty()) {
    out_.pieces = {"HTTP/1.1 100 Continue\r\n\r\n", {}, {}};
    const bool told = co_await send_rest();
    if (!told) co_return false;
  }

  Spool spool(options, length);
  const std::function<bool(std::string_view)> sink = [&spool](std::string_view bytes) {
    return spool.take(bytes);
  };
  auto progress = RequestParser::Progress::more;
  std::uint64_t turn_began = 0;
  for (;;) {
    if (!in_.empty()) {
      std::size_t consumed = 0;
      progress = parser_.parse_body(in_.view(), consumed, sink);
      in_.consume(consumed);
      if (progress != RequestParser::Progress::more) break;
    }
    if (chunked && !admitted && spool.received() > limits.body_in_memory) {
      exchange->due = due();
      (void)co_await ask_worker(exchange, true);
      if (!exchange->admitted) {
        co_await refuse_with(exchange->answer, exchange);
        co_return false;
      }
      admitted = true;
    }
    const auto received = receive();
    if (received == Received::ended) co_return false;
    if (received == Received::some) {
      if (spool.received() - turn_began < kBytesPerTurn) continue;
      turn_began = spool.received();
      (void)co_await wait_until(kTurn, 0);
      continue;
    }
    const Wake wake = co_await wait(kRead, limits.body_timeout);
    if (wake == Wake::timeout) {
      co_await refuse(408, "the body did not arrive in time", "send it without pauses");
      co_return false;
    }
  }
  if (progress == RequestParser::Progress::refused) {
    if (spool.error()) {
      loop_.engine().log.failed("failed to keep the body of a request", *spool.error());
      const Error ours(Errc::unavailable, "the server cannot keep this upload now",
                       "try again later; its log says what is wrong with its disk", __FILE__, __LINE__);
      auto answer = Answer::prepare(error_response(ours), door_.always);
      co_await refuse_with(std::move(answer), exchange);
    } else {
      const auto refusal = parser_.refusal();
      co_await refuse(refusal.status, refusal.message, "");
    }
    co_return false;
  }
  exchange->request.body = std::move(spool).finish();
  co_return true;
}

}  // namespace granary::http
