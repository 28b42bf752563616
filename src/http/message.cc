#include "http/message.h"

#include "base/text.h"
#include "base/uri.h"

namespace granary::http {

std::string_view name_of(Method method) noexcept {
  switch (method) {
    case Method::get:
      return "GET";
    case Method::head:
      return "HEAD";
    case Method::post:
      return "POST";
    case Method::put:
      return "PUT";
    case Method::patch:
      return "PATCH";
    case Method::del:
      return "DELETE";
    case Method::options:
      return "OPTIONS";
  }
  return "GET";
}

std::string_view Request::path() const noexcept {
  const std::string_view whole = target;
  return whole.substr(0, whole.find('?')).substr(prefix);
}

std::string_view Request::query() const noexcept {
  const std::string_view whole = target;
  const auto mark = whole.find('?');
  return mark == std::string_view::npos ? std::string_view() : whole.substr(mark + 1);
}

std::string_view Request::header(std::string_view name) const noexcept {
  for (const auto& header : headers) {
    if (equals_ignore_case(header.name, name)) return header.value;
  }
  return {};
}

std::string_view Request::parameter(std::string_view name) const noexcept {
  for (const auto& [key, value] : parameters) {
    if (key == name) return value;
  }
  return {};
}

std::optional<std::string> Request::query_value(std::string_view name) const {
  for (auto& [key, value] : parse_query(query())) {
    if (key == name) return std::move(value);
  }
  return std::nullopt;
}

Response bytes_response(int status, std::string content_type, std::string bytes) {
  Response response;
  response.status = status;
  response.with("Content-Type", std::move(content_type));
  response.body = BytesBody{std::make_shared<const std::string>(std::move(bytes))};
  return response;
}

Response redirect(int status, std::string location) {
  Response response;
  response.status = status;
  response.with("Location", std::move(location));
  return response;
}

}  // namespace granary::http
