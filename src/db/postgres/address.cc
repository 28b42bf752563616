#include "db/postgres/address.h"

#include <libpq-fe.h>

#include <algorithm>
#include <memory>
#include <set>
#include <string_view>

#include "base/text.h"
#include "base/uri.h"

namespace granary::db {
namespace {

using Options = std::unique_ptr<PQconninfoOption, decltype(&PQconninfoFree)>;

std::set<std::string, std::less<>> known_keywords() {
  std::set<std::string, std::less<>> known = {"ssl"};  // an alias that libpq takes in URLs
  const Options defaults(PQconndefaults(), &PQconninfoFree);
  for (auto* option = defaults.get(); option && option->keyword; ++option) known.insert(option->keyword);
  return known;
}

/// "-c key=value", with the escapes of the server's option parser.
std::string setting(std::string_view key, std::string_view value) {
  std::string text = " -c " + std::string(key) + "=";
  for (const char c : value) {
    if (c == ' ' || c == '\\') text += '\\';
    text += c;
  }
  return text;
}

}  // namespace

Result<PostgresAddress> parse_address(const std::string& url, const std::string& password) {
  std::string target = url;
  std::string settings;
  const auto question = url.find('?');
  const bool is_url = url.starts_with("postgres://") || url.starts_with("postgresql://");
  if (is_url && question != std::string::npos) {
    const auto known = known_keywords();
    target = url.substr(0, question);
    char separator = '?';
    for (const auto& [key, value] : parse_query(std::string_view(url).substr(question + 1))) {
      if (key == "options") {
        settings += " " + value;
      } else if (known.contains(key)) {
        target += separator + percent_encode(key) + "=" + percent_encode(value);
        separator = '&';
      } else {
        settings += setting(key, value);
      }
    }
  }
  char* reason = nullptr;
  const Options parsed(PQconninfoParse(target.c_str(), &reason), &PQconninfoFree);
  const std::unique_ptr<char, decltype(&PQfreemem)> owned(reason, &PQfreemem);
  if (!parsed)  // the reason may quote the text, so it is not passed on
    return fail(Errc::invalid_argument, "the address of the PostgreSQL server is not valid",
                "write postgres://user@host:5432/database?search_path=schema&sslmode=require, with special "
                "characters "
                "percent-encoded");
  PostgresAddress address;
  for (auto* option = parsed.get(); option->keyword; ++option) {
    if (!option->val) continue;
    if (std::string_view(option->keyword) == "options")
      settings += " " + std::string(option->val);
    else if (std::string_view(option->keyword) != "password" || password.empty())
      address.parameters.emplace_back(option->keyword, option->val);
  }
  if (!password.empty()) address.parameters.emplace_back("password", password);
  if (!settings.empty()) address.parameters.emplace_back("options", std::string(trim(settings)));
  // A server that is cut off is noticed within seconds, not by the deadline of each request.
  for (const auto& [key, value] : {std::pair{"tcp_user_timeout", "5000"},
                                   {"keepalives_idle", "5"},
                                   {"keepalives_interval", "2"},
                                   {"keepalives_count", "3"}}) {
    const auto said = [&](const auto& parameter) { return parameter.first == key; };
    if (std::none_of(address.parameters.begin(), address.parameters.end(), said))
      address.parameters.emplace_back(key, value);
  }
  address.parameters.emplace_back("fallback_application_name", "granary");
  address.parameters.emplace_back("client_encoding", "UTF8");
  return address;
}

}  // namespace granary::db
