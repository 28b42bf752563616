#include "http/engine/head.h"

#include <algorithm>
#include <cstring>

#include "base/text.h"

namespace granary::http {
namespace {

constexpr std::size_t kChunkOverhead = 16 * 1024;  // one chunk's size line and extensions, or the trailer

constexpr std::string_view kEndOfLine = " HTTP/1.1\r\n";  // of a request line
constexpr std::size_t kLinesToRemember = 2048;

bool is_target_char(char c) noexcept { return c > 0x20 && c < 0x7f && c != '#'; }

bool is_space(char c) noexcept { return c == ' ' || c == '\t'; }

std::string_view trim_spaces(std::string_view text) noexcept {
  while (!text.empty() && is_space(text.back())) text.remove_suffix(1);
  while (!text.empty() && is_space(text.front())) text.remove_prefix(1);
  return text;
}

std::optional<Method> method_of(std::uint8_t method) noexcept {
  switch (method) {
    case HTTP_GET:
      return Method::get;
    case HTTP_HEAD:
      return Method::head;
    case HTTP_POST:
      return Method::post;
    case HTTP_PUT:
      return Method::put;
    case HTTP_PATCH:
      return Method::patch;
    case HTTP_DELETE:
      return Method::del;
    case HTTP_OPTIONS:
      return Method::options;
    default:
      return std::nullopt;
  }
}

/// Whether the bytes begin as a request line with some token as method would.
bool begins_with_method(std::string_view message) noexcept {
  const auto space = message.find(' ');
  if (space == std::string_view::npos || space == 0 || space > 32) return false;
  return std::all_of(message.begin(), message.begin() + static_cast<std::ptrdiff_t>(space),
                     [](char c) { return (c >= 'A' && c <= 'Z') || c == '-' || c == '_'; });
}

bool is_host(std::string_view host) noexcept {
  return std::all_of(host.begin(), host.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           std::strchr("-._~%!$&'()*+,;=:[]", c) != nullptr;
  });
}

}  // namespace

struct RequestParser::Callbacks {
  static RequestParser& self(llhttp_t* p) noexcept { return *static_cast<RequestParser*>(p->data); }

  static void extend(Span& span, const RequestParser& s, const char* at, std::size_t size) noexcept {
    if (span.size == 0) span.at = static_cast<std::size_t>(at - s.base_);
    span.size += size;
  }
  static int url(llhttp_t* p, const char* at, std::size_t size) {
    extend(self(p).url_, self(p), at, size);
    return 0;
  }
  static int field(llhttp_t* p, const char* at, std::size_t size) {
    auto& s = self(p);
    if (s.head_done_) return 0;  // a trailer: read and ignored
    if (s.in_value_ || s.fields_.empty()) {
      s.fields_.emplace_back();
      s.in_value_ = false;
    }
    extend(s.fields_.back().name, s, at, size);
    return 0;
  }
  static int value(llhttp_t* p, const char* at, std::size_t size) {
    auto& s = self(p);
    if (s.head_done_) return 0;
    s.in_value_ = true;
    auto& span = s.fields_.back().value;
    if (span.size != 0 && s.base_ + span.end() != at) s.folded_ = true;
    extend(span, s, at, size);
    return 0;
  }
  static int value_complete(llhttp_t* p) {
    self(p).in_value_ = true;
    return 0;
  }
  static int headers_complete(llhttp_t* p) {
    self(p).head_done_ = true;
    p->upgrade = 0;  // no protocol is offered to change to
    return HPE_PAUSED;
  }
  static int body(llhttp_t* p, const char* at, std::size_t size) {
    auto& s = self(p);
    s.overhead_ = 0;
    if (!(*s.sink_)(std::string_view(at, size))) {
      s.sink_stopped_ = true;
      return HPE_USER;
    }
    return 0;
  }
  static int complete(llhttp_t* p) {
    self(p).body_done_ = true;
    return HPE_PAUSED;
  }

  static const llhttp_settings_t& settings() {
    static const llhttp_settings_t value = [] {
      llhttp_settings_t s;
      llhttp_settings_init(&s);
      s.on_url = url;
      s.on_header_field = field;
      s.on_header_value = Callbacks::value;
      s.on_header_value_complete = value_complete;
      s.on_headers_complete = headers_complete;
      s.on_body = body;
      s.on_message_complete = complete;
      return s;
    }();
    return value;
  }
};

RequestParser::RequestParser() {
  llhttp_init(&parser_, HTTP_REQUEST, &Callbacks::settings());
  parser_.data = this;
}

void RequestParser::reset() {
  llhttp_reset(&parser_);
  parsed_ = head_size_ = overhead_ = 0;
  head_done_ = body_done_ = folded_ = in_value_ = sink_stopped_ = false;
  url_ = {};
  fields_.clear();
}

RequestParser::Progress RequestParser::refuse(int status, const char* message) {
  refusal_ = {status, message};
  return Progress::refused;
}

RequestParser::Progress RequestParser::refuse_parse_error(std::string_view message) {
  switch (llhttp_get_errno(&parser_)) {
    case HPE_INVALID_METHOD:
      return begins_with_method(message) ? refuse(501, "this method is not known")
                                         : refuse(400, "this is not HTTP");
    case HPE_INVALID_VERSION:
    case HPE_PAUSED_H2_UPGRADE:
      return refuse(505, "only HTTP/1.0 and HTTP/1.1 are spoken here");
    case HPE_INVALID_URL:
      return refuse(400, "the request target is not valid");
    case HPE_INVALID_CONTENT_LENGTH:
    case HPE_UNEXPECTED_CONTENT_LENGTH:
      return refuse(400, "the Content-Length is not valid, or not alone");
    case HPE_INVALID_TRANSFER_ENCODING:
      return refuse(400, "the Transfer-Encoding is not valid");
    case HPE_INVALID_CHUNK_SIZE:
      return refuse(400, "the size of a chunk is not valid");
    default:
      return refuse(400, "the request is not valid HTTP/1.1");
  }
}

RequestParser::Progress RequestParser::parse_head(std::string_view message) {
  base_ = message.data();
  const auto fresh = message.substr(parsed_);
  const auto error = llhttp_execute(&parser_, fresh.data(), fresh.size());
  parsed_ = message.size();
  if (head_done_ && error == HPE_PAUSED) {
    head_size_ = static_cast<std::size_t>(llhttp_get_error_pos(&parser_) - base_);
    return finish_head(message);
  }
  if (error != HPE_OK) return refuse_parse_error(message);
  return Progress::more;
}

/// Every header on one line of its own: what llhttp lets through as folding (RFC 9112, 5.2) is seen here.
bool RequestParser::lines_are_plain(std::string_view message) const {
  if (folded_) return false;
  std::size_t at = url_.end() + kEndOfLine.size();
  for (const auto& [name, value] : fields_) {
    if (name.at != at || name.size == 0) return false;
    at = name.end();
    if (at >= head_size_ || message[at] != ':') return false;
    ++at;
    while (at < head_size_ && is_space(message[at])) ++at;
    if (value.size != 0) {
      if (value.at > at) return false;
      at = std::max(at, value.end());
    }
    while (at < head_size_ && is_space(message[at])) ++at;
    if (at + 2 > head_size_ || message[at] != '\r' || message[at + 1] != '\n') return false;
    at += 2;
  }
  return at + 2 == head_size_ && message[at] == '\r' && message[at + 1] == '\n';
}

bool RequestParser::take_target(std::string_view raw) {
  for (const char c : raw) {
    if (!is_target_char(c)) return false;
  }
  if (!raw.starts_with('/')) {  // absolute form (RFC 9112, 3.2.2)
    for (const std::string_view scheme : {"http://", "https://"}) {
      if (!starts_with_ignore_case(raw, scheme)) continue;
      const auto rest = raw.substr(scheme.size());
      const auto slash = rest.find_first_of("/?");
      if (slash == std::string_view::npos || slash == 0 || rest[slash] == '?') return false;
      if (!is_host(rest.substr(0, slash))) return false;
      head_.target = rest.substr(slash);
      return true;
    }
    return false;
  }
  head_.target = raw;
  return true;
}

RequestParser::Progress RequestParser::take_fields(std::string_view message) {
  unsigned hosts = 0, encodings = 0;
  const auto once = [this](std::string_view& slot, std::string_view value) {
    if (slot.data() != nullptr) {  // even an empty one counts: a handler sees the first
      head_.simple = false;
      return;
    }
    slot = value;
  };
  for (const auto& field : fields_) {
    const auto name = message.substr(field.name.at, field.name.size);
    const auto value = trim_spaces(message.substr(field.value.at, field.value.size));
    head_.headers.emplace_back(name, value);
    const auto is = [&](std::string_view known) { return equals_ignore_case(name, known); };
    switch (name.size()) {
      case 4:
        if (is("Host")) {
          ++hosts;
          if (!is_host(value)) return refuse(400, "the Host is not valid");
        }
        break;
      case 5:
        if (is("Range")) once(head_.range, value);
        break;
      case 6:
        if (is("Accept")) {
          once(head_.accept, value);
        } else if (is("Expect")) {
          if (equals_ignore_case(value, "100-continue")) {
            head_.expect_continue = true;
          } else {
            head_.expect_unknown = true;
          }
        }
        break;
      case 7:
        if (is("Referer")) head_.referer = value;
        break;
      case 8:
        if (is("If-Range")) once(head_.if_range, value);
        break;
      case 10:
        if (is("User-Agent")) head_.user_agent = value;
        break;
      case 12:
        if (is("X-Request-Id")) head_.request_id = value;
        break;
      case 13:
        if (is("Authorization")) {
          once(head_.authorization, value);
        } else if (is("If-None-Match")) {
          once(head_.if_none_match, value);
        }
        break;
      case 15:
        if (is("Accept-Encoding")) {
          once(head_.accept_encoding, value);
        } else if (is("X-Forwarded-For")) {
          head_.forwarded = true;
        }
        break;
      case 17:
        if (is("If-Modified-Since")) {
          once(head_.if_modified_since, value);
        } else if (is("Transfer-Encoding")) {
          if (++encodings > 1) return refuse(400, "more than one Transfer-Encoding");
          if (head_.http10) return refuse(400, "HTTP/1.0 has no Transfer-Encoding");
          if (!equals_ignore_case(value, "chunked")) {
            if (value.find(',') != std::string_view::npos)
              return refuse(501, "no Transfer-Encoding but chunked is known");
            return refuse(400, "the Transfer-Encoding is not valid");
          }
          head_.chunked = true;
        }
        break;
      default:
        break;
    }
  }
  if (hosts > 1) return refuse(400, "more than one Host");
  if (hosts == 0 && !head_.http10) return refuse(400, "the Host is missing");
  return Progress::complete;
}

RequestParser::Progress RequestParser::finish_head(std::string_view message) {
  auto headers = std::move(head_.headers);
  headers.clear();
  head_ = Head();
  head_.headers = std::move(headers);
  lines_.clear();
  if (parser_.http_major != 1) return refuse(505, "only HTTP/1.0 and HTTP/1.1 are spoken here");
  head_.http10 = parser_.http_minor == 0;
  if (!lines_are_plain(message)) return refuse(400, "a header is folded or not on a line of its own");
  const auto method = method_of(parser_.method);
  if (!method) return refuse(501, "this method is not known");
  head_.method = *method;
  if (!take_target(message.substr(url_.at, url_.size))) return refuse(400, "the request target is not valid");
  if (const auto progress = take_fields(message); progress != Progress::complete) return progress;
  if (head_.chunked && (parser_.flags & F_CONTENT_LENGTH) != 0) {
    return refuse(400, "Content-Length and Transfer-Encoding together");
  }
  if (!head_.chunked && (parser_.flags & F_CONTENT_LENGTH) != 0) head_.length = parser_.content_length;
  head_.keep_alive = llhttp_should_keep_alive(&parser_) != 0;
  if (head_.has_body()) head_.simple = false;
  remember(message);
  return Progress::complete;
}

void RequestParser::remember(std::string_view message) {
  const auto begin = url_.end() + kEndOfLine.size();
  const auto lines = message.substr(begin, head_size_ - begin);
  if (head_.method != Method::get || head_.http10 || head_.has_body() || message[url_.at] != '/' ||
      lines.size() > kLinesToRemember) {
    lines_.clear();
    return;
  }
  lines_ = lines;
  const auto move = [&](std::string_view& view) {
    if (view.data())
      view =
          std::string_view(lines_).substr(static_cast<std::size_t>(view.data() - lines.data()), view.size());
  };
  for (auto* view : {&head_.accept, &head_.accept_encoding, &head_.authorization, &head_.if_none_match,
                     &head_.if_modified_since, &head_.range, &head_.if_range, &head_.request_id,
                     &head_.user_agent, &head_.referer}) {
    move(*view);
  }
  for (auto& [name, value] : head_.headers) {
    move(name);
    move(value);
  }
}

bool RequestParser::repeat(std::string_view message) {
  constexpr std::string_view kGet = "GET /";
  if (lines_.empty() || parsed_ != 0 || !message.starts_with(kGet)) return false;
  std::size_t at = kGet.size() - 1;
  while (at < message.size() && is_target_char(message[at])) ++at;
  const auto target = message.substr(kGet.size() - 1, at - (kGet.size() - 1));
  const auto rest = message.substr(at);
  if (!rest.starts_with(kEndOfLine) || !rest.substr(kEndOfLine.size()).starts_with(lines_)) return false;
  head_.target = target;
  head_size_ = at + kEndOfLine.size() + lines_.size();
  return true;
}

RequestParser::Progress RequestParser::parse_body(std::string_view bytes, std::size_t& consumed,
                                                  const std::function<bool(std::string_view)>& sink) {
  consumed = 0;
  if (llhttp_get_errno(&parser_) == HPE_PAUSED) llhttp_resume(&parser_);
  sink_ = &sink;
  base_ = bytes.data();
  overhead_ += bytes.size();
  const auto error = llhttp_execute(&parser_, bytes.data(), bytes.size());
  sink_ = nullptr;
  if (body_done_ && error == HPE_PAUSED) {
    consumed = static_cast<std::size_t>(llhttp_get_error_pos(&parser_) - bytes.data());
    return Progress::complete;
  }
  if (sink_stopped_) return refuse(413, "the body is too large");
  if (error != HPE_OK) return refuse_parse_error(bytes);
  if (head_.chunked && overhead_ > kChunkOverhead + bytes.size())
    return refuse(400, "the framing of a chunk is too long");
  consumed = bytes.size();
  return Progress::more;
}

}  // namespace granary::http
