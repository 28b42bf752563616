#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "auth/auth.h"
#include "base/text.h"

namespace granary::auth {
namespace {

struct Kind {
  std::string_view name;
  bool takes_name;
};
constexpr std::array<Kind, 6> kKinds = {{{"global:admin", false},
                                         {"sources:write", true},
                                         {"repos:read", true},
                                         {"blocklist:admin", false},
                                         {"blocklist:read", false},
                                         {"metadata:admin", false}}};

tl::unexpected<Error> unknown(std::string_view text) {
  std::vector<std::string> names;
  for (const auto& kind : kKinds) names.emplace_back(kind.name);
  const auto near = nearest(text, names);
  return fail(Errc::invalid_argument, fmt::format("unknown scope '{}'", text.substr(0, 80)),
              near.empty() ? "use one of: " + join(names, ", ") : fmt::format("did you mean '{}'", near));
}

Result<Scope> parse_scope(std::string_view text) {
  const auto parts = split(text, ':');
  if (parts.size() < 2 || parts.size() > 3) return unknown(text);
  const std::string kind = fmt::format("{}:{}", parts[0], parts[1]);
  const auto known =
      std::find_if(kKinds.begin(), kKinds.end(), [&](const Kind& k) { return k.name == kind; });
  if (known == kKinds.end()) return unknown(text);
  if (parts.size() == 2) return Scope{kind, {}};
  if (!known->takes_name)
    return fail(Errc::invalid_argument, fmt::format("the scope '{}' takes no name", kind),
                fmt::format("write it as {}", kind));
  const auto name = parts[2];
  const bool plain = std::all_of(name.begin(), name.end(), [](char c) { return c > ' ' && c < '\x7f'; });
  if (name.empty() || name.size() > 64 || !plain)
    return fail(Errc::invalid_argument, fmt::format("the scope '{}' has no valid name", kind),
                fmt::format("write it as {}:<name> or {}:*", kind, kind));
  return Scope{kind, std::string(name)};
}

bool covers(const std::vector<Scope>& scopes, std::string_view kind, std::string_view name) {
  return std::any_of(scopes.begin(), scopes.end(), [&](const Scope& scope) {
    return scope.kind == kind && (scope.name.empty() || scope.name == "*" || scope.name == name);
  });
}

}  // namespace

Result<std::vector<Scope>> parse_scopes(std::string_view comma_separated) {
  std::vector<Scope> out;
  for (const auto part : split(comma_separated, ',')) {
    if (trim(part).empty()) continue;
    if (out.size() == 100) return fail(Errc::invalid_argument, "more than 100 scopes", "use * for all names");
    out.push_back(TRY(parse_scope(trim(part))));
  }
  if (out.empty())
    return fail(Errc::invalid_argument, "no scope is given",
                "for example global:admin or sources:write:<name>");
  return out;
}

std::string to_text(const std::vector<Scope>& scopes) {
  std::string out;
  for (const auto& scope : scopes) {
    if (!out.empty()) out += ',';
    out += scope.kind;
    if (!scope.name.empty()) out += ':' + scope.name;
  }
  return out;
}

bool Principal::may_admin() const { return covers(scopes, "global:admin", ""); }
bool Principal::may_publish(std::string_view source) const {
  return may_admin() || covers(scopes, "sources:write", source);
}
bool Principal::may_read(std::string_view repository) const {
  return may_admin() || covers(scopes, "repos:read", repository);
}

Principal local_principal() { return {"local", {}, {{"global:admin", {}}}}; }

}  // namespace granary::auth
