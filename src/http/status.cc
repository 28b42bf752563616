#include "http/status.h"

#include "base/json.h"

namespace granary::http {
namespace {

constexpr std::size_t kReasonBytes = 200;

/// What may stand in a status line: one line of printable ASCII.
std::string reason_line(std::string_view message) {
  std::string out;
  for (const char c : message.substr(0, kReasonBytes)) {
    if (c == '\r' || c == '\n') break;
    out += c >= 0x20 && c < 0x7f ? c : '?';
  }
  return out;
}

}  // namespace

int status_for(Errc code) noexcept {
  switch (code) {
    case Errc::invalid_argument:
    case Errc::corrupt:  // bytes a client sent; the router turns damaged bytes of our own into internal
      return 400;
    case Errc::unauthenticated:
      return 401;
    case Errc::permission_denied:
      return 403;
    case Errc::not_found:
      return 404;
    case Errc::conflict:
      return 409;
    case Errc::too_large:
      return 413;
    case Errc::unsupported:
      return 501;
    case Errc::unavailable:
    case Errc::cancelled:
      return 503;
    case Errc::deadline_exceeded:
      return 504;
    case Errc::internal:
      return 500;
  }
  return 500;
}

std::string_view reason_for(int status) noexcept {
  switch (status) {
    case 100:
      return "Continue";
    case 200:
      return "OK";
    case 201:
      return "Created";
    case 202:
      return "Accepted";
    case 204:
      return "No Content";
    case 206:
      return "Partial Content";
    case 300:
      return "Multiple Choices";
    case 301:
      return "Moved Permanently";
    case 302:
      return "Found";
    case 303:
      return "See Other";
    case 304:
      return "Not Modified";
    case 307:
      return "Temporary Redirect";
    case 308:
      return "Permanent Redirect";
    case 400:
      return "Bad Request";
    case 401:
      return "Unauthorized";
    case 403:
      return "Forbidden";
    case 404:
      return "Not Found";
    case 405:
      return "Method Not Allowed";
    case 406:
      return "Not Acceptable";
    case 408:
      return "Request Timeout";
    case 409:
      return "Conflict";
    case 410:
      return "Gone";
    case 411:
      return "Length Required";
    case 412:
      return "Precondition Failed";
    case 413:
      return "Content Too Large";
    case 414:
      return "URI Too Long";
    case 415:
      return "Unsupported Media Type";
    case 416:
      return "Range Not Satisfiable";
    case 417:
      return "Expectation Failed";
    case 422:
      return "Unprocessable Content";
    case 429:
      return "Too Many Requests";
    case 431:
      return "Request Header Fields Too Large";
    case 500:
      return "Internal Server Error";
    case 501:
      return "Not Implemented";
    case 502:
      return "Bad Gateway";
    case 503:
      return "Service Unavailable";
    case 504:
      return "Gateway Timeout";
    case 505:
      return "HTTP Version Not Supported";
    case 507:
      return "Insufficient Storage";
    default:
      return "Unknown";
  }
}

Response error_response(const Error& error) {
  const int status = status_for(error.code());
  JsonWriter json;
  json.begin_object();
  json.member("error", error.message());
  json.member("hint", error.hint());
  json.end_object();
  Response response = bytes_response(status, "application/json", std::move(json).take() + "\n");
  if (status >= 400 && status < 500) response.reason = reason_line(error.message());
  if (status == 503 || status == 504) response.with("Retry-After", "2");
  if (status == 401) response.with("WWW-Authenticate", "Basic realm=\"granary\"");
  return response;
}

}  // namespace granary::http
