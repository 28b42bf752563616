#include <fcntl.h>
#include <openssl/err.h>
#include <sys/sendfile.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>

#include "http/engine/connection.h"

namespace granary::http {
namespace {

constexpr std::size_t kSendfileStep = 1 << 20;
constexpr std::size_t kBytesPerTurn = 4 << 20;  // to one client, before others get their turn
constexpr std::size_t kTlsRecord = 16 * 1024;

}  // namespace

Connection::Received Connection::receive() {
  if ((ready_ & kRead) == 0) return Received::nothing;
  in_.keep();
  auto& scratch = loop_.scratch();
  if (ssl_) {
    ERR_clear_error();
    const int count = SSL_read(ssl_.get(), scratch.data(), static_cast<int>(scratch.size()));
    if (count > 0) {
      in_.add({scratch.data(), static_cast<std::size_t>(count)});
      return Received::some;
    }
    if (SSL_get_error(ssl_.get(), count) != SSL_ERROR_WANT_READ) return Received::ended;
    ready_ &= static_cast<std::uint8_t>(~kRead);
    return Received::nothing;
  }
  for (;;) {
    const ssize_t count = ::recv(fd_.get(), scratch.data(), scratch.size(), 0);
    if (count > 0) {
      // Edge-triggered: a short read has emptied the socket, so the next bytes raise a new event.
      if (static_cast<std::size_t>(count) < scratch.size() && !peer_closed_ && (ready_ & kHangup) == 0) {
        ready_ &= static_cast<std::uint8_t>(~kRead);
      }
      in_.add({scratch.data(), static_cast<std::size_t>(count)});
      return Received::some;
    }
    if (count == 0) return Received::ended;
    if (errno == EINTR) continue;
    if (errno != EAGAIN && errno != EWOULDBLOCK) return Received::ended;
    ready_ &= static_cast<std::uint8_t>(~kRead);
    return Received::nothing;
  }
}

/// What has arrived, without taking it; empty when nothing has, or when the client has gone.
std::string_view Connection::peek(std::span<char> room) {
  for (;;) {
    const ssize_t count = ::recv(fd_.get(), room.data(), room.size(), MSG_PEEK);
    if (count < 0 && errno == EINTR) continue;
    if (count == 0 || (count < 0 && errno != EAGAIN && errno != EWOULDBLOCK)) ready_ |= kHangup;
    return {room.data(), count > 0 ? static_cast<std::size_t>(count) : 0};
  }
}

Sent Connection::send_now() { return ssl_ ? send_tls() : send_plain(); }

Sent Connection::send_plain() {
  while (out_.memory() != 0) {
    std::array<iovec, 3> parts;
    std::size_t used = 0;
    for (const auto piece : out_.pieces) {
      if (!piece.empty()) parts[used++] = {const_cast<char*>(piece.data()), piece.size()};
    }
    const int flags = MSG_NOSIGNAL | (out_.count != 0 ? MSG_MORE : 0);
    ssize_t sent = 0;
    if (used == 1) {  // cheaper for the kernel
      sent = ::send(fd_.get(), parts[0].iov_base, parts[0].iov_len, flags);
    } else {
      msghdr message{};
      message.msg_iov = parts.data();
      message.msg_iovlen = used;
      sent = ::sendmsg(fd_.get(), &message, flags);
    }
    if (sent < 0) {
      if (errno == EINTR) continue;
      if (errno != EAGAIN && errno != EWOULDBLOCK) return Sent::failed;
      ready_ &= static_cast<std::uint8_t>(~kWrite);
      return Sent::blocked;
    }
    out_.consume(static_cast<std::size_t>(sent));
  }
  std::size_t in_turn = 0;
  while (out_.count != 0) {
    if (in_turn >= kBytesPerTurn) return Sent::turn_over;
    auto offset = static_cast<off_t>(out_.offset);
    const ssize_t sent =
        ::sendfile(fd_.get(), out_.file, &offset, std::min<std::uint64_t>(out_.count, kSendfileStep));
    if (sent < 0) {
      if (errno == EINTR) continue;
      if (errno != EAGAIN && errno != EWOULDBLOCK) return Sent::failed;
      ready_ &= static_cast<std::uint8_t>(~kWrite);
      return Sent::blocked;
    }
    if (sent == 0) return Sent::failed;  // the file became shorter: cut, never complete with other bytes
    out_.offset += static_cast<std::uint64_t>(sent);
    out_.count -= static_cast<std::uint64_t>(sent);
    in_turn += static_cast<std::size_t>(sent);
  }
  return Sent::all;
}

Sent Connection::send_tls() {
  std::array<char, kTlsRecord> record;
  std::size_t in_turn = 0;
  while (!out_.done()) {
    if (in_turn >= kBytesPerTurn) return Sent::turn_over;
    // After WANT_WRITE the same bytes must come again; they do, since they depend on out_ alone.
    std::string_view part;
    if (out_.pieces[0].empty() && out_.pieces[1].empty() && out_.pieces[2].size() >= kTlsRecord) {
      part = out_.pieces[2].substr(0, kTlsRecord);
    } else {
      std::size_t filled = 0;
      for (const auto piece : out_.pieces) filled += piece.copy(record.data() + filled, kTlsRecord - filled);
      if (filled < kTlsRecord && out_.count != 0) {
        const auto want = std::min<std::uint64_t>(out_.count, kTlsRecord - filled);
        const ssize_t got = ::pread(out_.file, record.data() + filled, want, static_cast<off_t>(out_.offset));
        if (got != static_cast<ssize_t>(want)) return Sent::failed;
        filled += want;
      }
      part = {record.data(), filled};
    }
    ERR_clear_error();
    const int sent = SSL_write(ssl_.get(), part.data(), static_cast<int>(part.size()));
    if (sent <= 0) {
      if (SSL_get_error(ssl_.get(), sent) != SSL_ERROR_WANT_WRITE) return Sent::failed;
      ready_ &= static_cast<std::uint8_t>(~kWrite);
      return Sent::blocked;
    }
    const auto from_memory = std::min(static_cast<std::size_t>(sent), out_.memory());
    out_.consume(from_memory);
    out_.offset += static_cast<std::size_t>(sent) - from_memory;
    out_.count -= static_cast<std::size_t>(sent) - from_memory;
    in_turn += static_cast<std::size_t>(sent);
  }
  return Sent::all;
}

/// Copies the small pieces, whose owner may change them before they are sent.
void Connection::own_outgoing() {
  std::string text;
  text.append(out_.pieces[0]).append(out_.pieces[1]);
  out_text_ = std::move(text);
  out_.pieces[0] = out_text_;
  out_.pieces[1] = {};
}

Task<bool> Connection::send_rest() {
  const auto limit = loop_.engine().options.limits.body_timeout;
  for (;;) {
    const auto sent = send_now();
    if (sent == Sent::all) break;
    if (sent == Sent::failed) co_return false;
    Wake wake = Wake::ready;
    if (sent == Sent::turn_over) {
      wake = co_await wait_until(kTurn, 0);
    } else {
      wake = co_await wait(kWrite, limit);
    }
    if (wake == Wake::timeout) co_return false;
  }
  out_answer_.reset();
  co_return true;
}

/// Closing with unread bytes would make the kernel reset the connection, and the client lose the answer: say
/// that no more comes, then read what it still sends, for a while.
Task<> Connection::linger() {
  if (ssl_) {
    ERR_clear_error();
    SSL_shutdown(ssl_.get());
  }
  if (::shutdown(fd_.get(), SHUT_WR) != 0) co_return;
  in_ = Input();
  const auto& limits = loop_.engine().options.limits;
  const auto total =
      loop_.now() + (loop_.draining() ? 2'000 : std::min<std::int64_t>(limits.body_timeout.count(), 30'000));
  std::size_t ignored = 0;
  for (;;) {
    auto& scratch = loop_.scratch();
    const ssize_t count = (ready_ & kRead) != 0 ? ::recv(fd_.get(), scratch.data(), scratch.size(), 0) : -2;
    if (count > 0) {
      ignored += static_cast<std::size_t>(count);
      if (ignored < kBytesPerTurn) continue;
      ignored = 0;
      (void)co_await wait_until(kTurn, 0);
      continue;
    }
    if (count == 0) co_return;
    if (count == -1 && errno != EAGAIN && errno != EINTR) co_return;
    if (count == -1) ready_ &= static_cast<std::uint8_t>(~kRead);
    const auto deadline =
        std::min(total, loop_.now() + std::min<std::int64_t>(limits.body_timeout.count(), 5'000));
    const Wake wake = co_await wait_until(kRead | kHangup, deadline);
    if (wake != Wake::ready || loop_.now() >= total) co_return;
  }
}

}  // namespace granary::http
