#pragma once
/// Reading one request after another from a connection's bytes, strictly (RFC 9112): whatever two readers
/// could understand differently is refused, so that nothing can be smuggled past a proxy in front.

#include <llhttp.h>

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "http/message.h"

namespace granary::http {

/// The head of a request. All views point into the buffer that was parsed.
struct Head {
  Method method = Method::get;
  bool http10 = false;
  bool keep_alive = true;
  bool chunked = false;
  std::uint64_t length = 0;  // Content-Length
  bool expect_continue = false;
  bool expect_unknown = false;
  bool forwarded = false;  // there is an X-Forwarded-For
  /// No header that an answer depends on came twice, and there is no body: fit to be looked up by key.
  bool simple = true;
  std::string_view target;  // origin form, always
  std::string_view accept, accept_encoding, authorization;
  std::string_view if_none_match, if_modified_since, range, if_range;
  std::string_view request_id, user_agent, referer;
  std::vector<std::pair<std::string_view, std::string_view>> headers;

  bool has_body() const noexcept { return chunked || length != 0; }
};

/// Why a request was refused. The connection is closed after it is answered.
struct Refusal {
  int status = 400;
  const char* message = "";
};

/// One thread. reset() between requests.
class RequestParser {
 public:
  enum class Progress : std::uint8_t { more, complete, refused };

  RequestParser();
  RequestParser(const RequestParser&) = delete;
  RequestParser& operator=(const RequestParser&) = delete;

  void reset();

  /// `message`: everything received of this request so far. It may have moved since the last call, but may
  /// only have grown. When complete, head() points into it and head_size() says where the body begins.
  Progress parse_head(std::string_view message);
  /// A client on a kept-alive connection sends the same headers again and again. When `message` begins with a
  /// whole head that differs from the last accepted one in its target alone, it is taken without being
  /// parsed. Only before the first parse_head() of a request; on false nothing has happened.
  bool repeat(std::string_view message);
  const Head& head() const noexcept { return head_; }
  std::size_t head_size() const noexcept { return head_size_; }

  /// Feeds bytes after the head; `sink` gets body bytes and returns whether to go on. `consumed`: how many of
  /// `bytes` belong to this request.
  Progress parse_body(std::string_view bytes, std::size_t& consumed,
                      const std::function<bool(std::string_view)>& sink);

  const Refusal& refusal() const noexcept { return refusal_; }

 private:
  struct Span {
    std::size_t at = 0, size = 0;
    std::size_t end() const noexcept { return at + size; }
  };
  struct Field {
    Span name, value;
  };
  struct Callbacks;

  Progress refuse(int status, const char* message);
  Progress refuse_parse_error(std::string_view message);
  Progress finish_head(std::string_view message);
  bool lines_are_plain(std::string_view message) const;
  void remember(std::string_view message);
  bool take_target(std::string_view raw);
  Progress take_fields(std::string_view message);

  llhttp_t parser_;
  const char* base_ = nullptr;  // of the message in the current call
  std::size_t parsed_ = 0;
  std::size_t head_size_ = 0;
  bool head_done_ = false;
  bool body_done_ = false;
  bool folded_ = false;
  bool in_value_ = false;
  Span url_;
  std::vector<Field> fields_;
  Head head_;
  std::string
      lines_;  // the header lines that head_ was read from when it may be repeated; its views point here
  Refusal refusal_;
  const std::function<bool(std::string_view)>* sink_ = nullptr;
  bool sink_stopped_ = false;
  std::size_t overhead_ = 0;  // bytes of chunk framing since the last body byte
};

}  // namespace granary::http
