#include <fmt/format.h>

#include "cli/endpoint.h"
#include "cli/session.h"
#include "cli/table.h"

namespace granary::cli {
namespace {

/// "sources:write" with --sources a,b is two scopes, one for each.
std::vector<std::string> scopes_of(const Arguments& args) {
  std::vector<std::string> out;
  for (const auto& scope : comma_list(args.value("--scope"))) {
    const auto flag = scope == "sources:write" ? "--sources" : scope == "repos:read" ? "--repos" : "";
    const auto names = *flag == '\0' ? std::vector<std::string>() : comma_list(args.value(flag));
    if (names.empty()) out.push_back(scope);
    for (const auto& name : names) out.push_back(scope + ":" + name);
  }
  return out;
}

Result<int> create(Session& session) {
  const auto body = Body(session.args())
                        .list("scopes", scopes_of(session.args()))
                        .text("description", "--description")
                        .text("user", "--user")
                        .text("expires", "--expires")
                        .json();
  return session.show("POST", "/tokens", body, [&](const Json& json) {
    if (session.args().on("--quiet")) {
      session.print(text_of(json, "token") + "\n");
      return;
    }
    const Json& info = json["info"];
    session.print(
        fmt::format("{}\n\nThis is the only time that it is shown. Scopes: {}. Expires: {}. GUID: {}\n",
                    text_of(json, "token"), text_of(info, "scopes"),
                    info["expires"].is_null() ? "never" : text_of(info, "expires"), text_of(info, "guid")));
  });
}

Result<int> list(Session& session) {
  const auto query = Query()
                         .add("expired", session.args().value("--expired"))
                         .add("revoked", session.args().value("--revoked"))
                         .text();
  return session.show("GET", "/tokens" + query, {}, [&](const Json& json) {
    std::vector<std::vector<std::string>> rows;
    for (const auto& token : json.items()) {
      rows.push_back({text_of(token, "guid"), text_of(token, "status"), text_of(token, "scopes"),
                      token["expires"].is_null() ? "never" : text_of(token, "expires"),
                      text_of(token, "user"), text_of(token, "description")});
    }
    session.print(rows.empty() ? "no tokens\n"
                               : table({"GUID", "STATUS", "SCOPES", "EXPIRES", "USER", "DESCRIPTION"}, rows));
  });
}

Result<int> revoke(Session& session) {
  const auto& args = session.args();
  if (args.has("--guid") == args.has("--token"))
    return fail(Errc::invalid_argument, "give either --guid or --token",
                "for example: granary revoke token --guid <guid>");
  const auto said = [&](const Json& json) {
    session.print(fmt::format("token {} is revoked\n", text_of(json, "guid")));
  };
  // A secret goes into the body: a path would end in the access log.
  if (args.has("--token"))
    return session.show("POST", "/tokens/revoke", Body(args).text("token", "--token").json(), said);
  return session.show("DELETE", endpoint({"tokens", args.value("--guid")}), {}, said);
}

}  // namespace

std::vector<CommandSpec> token_commands() {
  return {
      {"create token",
       "Make a token; it is printed once",
       "create token --scope sources:write --sources team --expires 20d --description \"CI of the team\"",
       {{"--scope", "SCOPES", "global:admin, sources:write[:name], repos:read[:name]; several with commas",
         true},
        {"--description", "TEXT", "what it is for", true},
        {"--sources", "A,B", "sources that sources:write is for; all when left out"},
        {"--repos", "A,B", "repositories that repos:read is for; all when left out"},
        {"--expires", "TIME", "20d, 5h or never (the default)"},
        {"--user", "NAME", "for whom it is"},
        {"--quiet", "", "print the token only", false, "-q"}},
       create},
      {"list tokens",
       "List tokens, without their secrets",
       "list tokens --revoked no",
       {{"--expired", "yes|no", "only expired ones, or only others"},
        {"--revoked", "yes|no", "only revoked ones, or only others"}},
       list},
      {"revoke token",
       "Make a token useless, at once",
       "revoke token --guid 0d9fb1d1-6a3c-4f0e-9d5c-3d1a3b5b7c11",
       {{"--guid", "GUID", "as list tokens shows it"}, {"--token", "TOKEN", "the token itself"}},
       revoke},
  };
}

}  // namespace granary::cli
