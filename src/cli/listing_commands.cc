#include <fmt/format.h>

#include "base/text.h"
#include "cli/endpoint.h"
#include "cli/json_table.h"
#include "cli/session.h"
#include "cli/table.h"

namespace granary::cli {
namespace {

std::string sources_table(const Json& json) {
  return rows_of(json, {"SOURCE", "TYPE", "LAST TRANSACTION", "DESCRIPTION"},
                 {"name", "type", "last_transaction", "description"}, "no sources");
}
std::string repos_table(const Json& json) {
  return rows_of(json, {"REPOSITORY", "TYPE", "AUTHENTICATED", "DESCRIPTION"},
                 {"name", "type", "auth", "description"}, "no repositories");
}

/// Of a number in a query: what the server would say of it names the query, not the flag.
Result<std::string> count_of(const Session& session, std::string_view flag) {
  const auto text = session.args().value(flag);
  if (!text.empty() && parse_unsigned(text).value_or(0) == 0)
    return fail(Errc::invalid_argument, fmt::format("{}: '{}' is not a number from 1", flag, text),
                "leave it out for the default");
  return text;
}

Result<int> list_sources(Session& session) {
  const auto& args = session.args();
  if (args.has("--repo") && args.has("--type"))
    return fail(Errc::invalid_argument, "give --repo or --type, not both",
                "all sources of a repository are of its type");
  const auto path = args.has("--repo") ? endpoint({"repos", args.value("--repo"), "sources"})
                                       : "/sources" + Query().add("type", args.value("--type")).text();
  return session.show("GET", path, {}, [&](const Json& json) { session.print(sources_table(json)); });
}

Result<int> list_repos(Session& session) {
  const auto path = "/repos" + Query().add("source", session.args().value("--source")).text();
  return session.show("GET", path, {}, [&](const Json& json) { session.print(repos_table(json)); });
}

Result<int> list_all(Session& session) {
  auto* server = TRY(session.server());
  const auto repos = TRY(server->call(session.context(), "GET", "/repos", {}));
  const auto sources = TRY(server->call(session.context(), "GET", "/sources", {}));
  if (session.json()) {
    JsonWriter json;
    json.begin_object();
    json.key("repos");
    json.raw(trim(repos.text));
    json.key("sources");
    json.raw(trim(sources.text));
    json.end_object();
    session.print(std::move(json).take() + "\n");
  } else {
    session.print(repos_table(repos.json) + "\n" + sources_table(sources.json));
  }
  return 0;
}

Result<int> list_packages(Session& session) {
  const auto& args = session.args();
  if (args.has("--repo") == args.has("--source"))
    return fail(Errc::invalid_argument, "give either --repo or --source",
                "for example: granary list packages --repo all");
  const auto count = TRY(count_of(session, "--count"));
  const auto page = TRY(count_of(session, "--page"));
  const auto query =
      Query().add("name_like", args.value("--search")).add("_limit", count).add("_page", page).text();
  const auto path = args.has("--repo") ? endpoint({"repos", args.value("--repo"), "packages"})
                                       : endpoint({"sources", args.value("--source"), "packages"});
  return session.show("GET", path + query, {}, [&](const Json& json) {
    session.print(rows_of(json, {"PACKAGE", "VERSION", "ARCHIVED", "SUMMARY"},
                          {"name", "version", "is_archived", "summary"}, "no packages"));
  });
}

/// A row for each source whose package is not seen.
std::string conflicts_table(const Json& json) {
  if (json.items().empty()) return "no conflicts\n";
  const auto newest = [](const Json& claim) {
    const auto& versions = claim["versions"].items();
    return std::string(versions.empty() ? "?" : versions.back().string().value_or("?"));
  };
  std::vector<std::vector<std::string>> rows;
  for (const auto& conflict : json.items()) {
    const auto& claims = conflict["sources"].items();
    for (std::size_t i = 1; i < claims.size(); ++i)
      rows.push_back({cell_of(conflict, "repo"), cell_of(conflict, "name"), cell_of(claims[0], "name"),
                      newest(claims[0]), cell_of(claims[i], "name"), newest(claims[i])});
  }
  return table({"REPOSITORY", "PACKAGE", "SERVED FROM", "NEWEST", "NOT FROM", "NEWEST"}, rows);
}

Result<int> list_conflicts(Session& session) {
  const auto path = "/conflicts" + Query().add("repo", session.args().value("--repo")).text();
  return session.show("GET", path, {}, [&](const Json& json) { session.print(conflicts_table(json)); });
}

Result<int> list_transactions(Session& session) {
  const auto count = TRY(count_of(session, "--count"));
  const auto query = Query().add("_limit", count).text();
  const auto path = endpoint({"sources", session.args().value("--source"), "transactions"}) + query;
  return session.show("GET", path, {}, [&](const Json& json) {
    session.print(rows_of(json, {"TRANSACTION", "TIME", "KIND", "FILES", "BY", "COMMENT"},
                          {"id", "published_to", "kind", "packages", "actor", "comment"}, "no transactions"));
  });
}

Result<int> info_repo(Session& session) {
  auto* server = TRY(session.server());
  const auto name = session.args().value("--repo");
  const auto repo = TRY(server->call(session.context(), "GET", endpoint({"repos", name}), {}));
  if (session.json()) {
    session.print(repo.text + (repo.text.ends_with('\n') ? "" : "\n"));
    return 0;
  }
  const auto sources = TRY(server->call(session.context(), "GET", endpoint({"repos", name, "sources"}), {}));
  std::vector<std::string> names;
  for (const auto& source : sources.json.items()) names.push_back(cell_of(source, "name"));
  session.print(facts_of(repo.json, {{"Repository", "name"},
                                     {"Id", "id"},
                                     {"Type", "type"},
                                     {"Description", "description"},
                                     {"Authenticated", "auth"},
                                     {"Created", "created"}}));
  session.print(fmt::format("{:<18}{}\n", "Sources:", names.empty() ? "none" : join(names, ", ")));
  return 0;
}

Result<int> info(Session& session) {
  const auto& args = session.args();
  if (args.has("--repo") == args.has("--source"))
    return fail(Errc::invalid_argument, "give either --repo or --source",
                "for example: granary info --repo all");
  if (args.has("--repo")) return info_repo(session);
  auto* server = TRY(session.server());
  const auto path = endpoint({"sources", args.value("--source")});
  const auto type = cell_of(TRY(server->call(session.context(), "GET", path, {})).json, "type");
  if (type == "cran" || type == "bioconductor" || type == "pypi") return mirror_info(session);
  return session.show("GET", path, {}, [&](const Json& json) {
    session.print(facts_of(json, {{"Source", "name"},
                                  {"Id", "id"},
                                  {"Type", "type"},
                                  {"Description", "description"},
                                  {"Created", "created"},
                                  {"Last transaction", "last_transaction"}}));
  });
}

}  // namespace

std::vector<CommandSpec> listing_commands() {
  const FlagSpec repo = {"--repo", "NAME", "name of a repository"};
  const FlagSpec source = {"--source", "NAME", "name of a source"};
  const FlagSpec count = {"--count", "N", "how many (100)"};
  return {
      {"list", "List repositories and sources", "list", {}, list_all},
      {"list repos",
       "List repositories, all or those that show a source",
       "list repos --source team",
       {source},
       list_repos},
      {"list sources",
       "List sources, all or those of a repository or a type",
       "list sources --repo all",
       {repo, {"--type", "TYPE", "such as local, local-python, git or git-python"}},
       list_sources},
      {"list packages",
       "List packages of a repository or a source",
       "list packages --repo all --search plot",
       {repo, source, {"--search", "TEXT", "part of the name"}, count, {"--page", "N", "which page (1)"}},
       list_packages},
      {"list conflicts",
       "List names that a source of one's own and a public one of the same repository both have",
       "list conflicts --repo all",
       {repo},
       list_conflicts},
      {"list transactions",
       "List what happened to a source, newest first",
       "list transactions --source team",
       {{"--source", "NAME", "name of a source", true}, count},
       list_transactions},
      {"info",
       "Show a repository or a source; of a mirror its upstream, last synchronisation, problems, files",
       "info --source cran",
       {repo, source},
       info},
  };
}

}  // namespace granary::cli
