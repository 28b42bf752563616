#include "cli/endpoint.h"
#include "cli/session.h"
#include "cli/table.h"

namespace granary::cli {
namespace {

Result<int> create(Session& session) {
  const auto& args = session.args();
  JsonWriter body;
  body.begin_object();
  if (args.has("--date")) body.member("date", args.value("--date"));
  body.key("snapshots");
  body.begin_array();
  for (const auto& one : comma_list(args.value("--snapshot"))) body.value(one);
  body.end_array();
  body.member("lock", args.on("--lock"));
  body.member("alias", !args.on("--no-alias"));
  body.end_object();
  return session.show("POST", endpoint({"repos", args.value("--repo"), "pinned"}), std::move(body).take(),
                      [&](const Json& json) { session.print(text_of(json, "url") + "\n"); });
}

}  // namespace

std::vector<CommandSpec> url_commands() {
  return {
      {"url create",
       "Make a URL that shows each source of a repository as of a day or a transaction",
       "url create --repo all --date 2020-11-06 --snapshot cran:2020-11-06,local:5566 --lock",
       {{"--repo", "NAME", "the repository", true},
        {"--date", "DAY", "day of the sources that are not named; today unless told"},
        {"--snapshot", "SOURCE:SNAPSHOT", "a source at a day, a transaction or latest; several with commas"},
        {"--lock", "", "nothing that is learned later about upstream's past changes what it shows"},
        {"--no-alias", "", "spell the pins out in the URL instead of keeping a short name"}},
       create}};
}

}  // namespace granary::cli
