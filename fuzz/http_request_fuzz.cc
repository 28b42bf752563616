/// Requests off the wire: however the bytes are cut, the parser says the same, and what it accepts is
/// unambiguous.
#include <cstdint>
#include <cstdlib>
#include <string>
#include <vector>

#include "http/engine/head.h"

using namespace granary::http;

namespace {

struct Read {
  std::vector<std::string> requests;  // method, target, headers and body of each
  int refused = 0;
  bool operator==(const Read&) const = default;
};

void require(bool condition) {
  if (!condition) std::abort();
}

void check(const Head& head) {
  require(head.target.starts_with('/'));
  for (const char c : head.target) require(c > 0x20 && c < 0x7f);
  require(!(head.chunked && head.length != 0));
  unsigned hosts = 0;
  for (const auto& [name, value] : head.headers) {
    require(!name.empty());
    require(value.find_first_of(std::string_view("\r\n\0", 3)) == std::string_view::npos);
    hosts += name.size() == 4 && (name[0] | 0x20) == 'h' && (name[1] | 0x20) == 'o' &&
             (name[2] | 0x20) == 's' && (name[3] | 0x20) == 't';
  }
  require(hosts == 1 || (hosts == 0 && head.http10));
}

/// Reads all requests, given `step` bytes more at a time.
Read read_all(const std::string& bytes, std::size_t step, bool may_repeat) {
  Read out;
  RequestParser parser;
  std::string message;  // of the current request, moved on every turn as a connection may do
  std::size_t at = 0;
  std::string body;
  const std::function<bool(std::string_view)> sink = [&](std::string_view part) {
    body += part;
    return true;
  };
  for (;;) {
    parser.reset();
    auto progress = RequestParser::Progress::more;
    const auto parse = [&] {
      if (may_repeat && parser.repeat(message)) return RequestParser::Progress::complete;
      return parser.parse_head(message);
    };
    if (!message.empty()) progress = parse();
    while (progress == RequestParser::Progress::more) {
      if (at == bytes.size()) return out;
      std::string grown = message + bytes.substr(at, step);
      message.swap(grown);
      at = std::min(bytes.size(), at + step);
      progress = parse();
    }
    if (progress == RequestParser::Progress::refused) {
      out.refused = parser.refusal().status;
      return out;
    }
    const Head& head = parser.head();
    check(head);
    std::string text = std::string(name_of(head.method)) + " " + std::string(head.target);
    for (const auto& [name, value] : head.headers) text.append("\n").append(name).append(":").append(value);
    message.erase(0, parser.head_size());
    body.clear();
    if (head.has_body()) {
      for (;;) {
        std::size_t consumed = 0;
        if (!message.empty()) {
          progress = parser.parse_body(message, consumed, sink);
          require(consumed <= message.size());
          message.erase(0, consumed);
          if (progress == RequestParser::Progress::complete) break;
          if (progress == RequestParser::Progress::refused) {
            out.refused = parser.refusal().status;
            return out;
          }
        }
        if (at == bytes.size()) return out;
        message += bytes.substr(at, step);
        at = std::min(bytes.size(), at + step);
      }
      require(parser.head().chunked || body.size() == parser.head().length);
    }
    out.requests.push_back(text + "\n\n" + body);
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size > 8 * 1024) return 0;
  const std::string bytes(reinterpret_cast<const char*>(data), size);
  const auto whole = read_all(bytes, bytes.size() + 1, true);
  const auto single = read_all(bytes, 1, false);
  require(whole.requests == single.requests);
  require((whole.refused == 0) == (single.refused == 0));
  return 0;
}
