/// granary fetch: files of mirrors before somebody asks for them.

#include "cli/fetch_commands.h"

#include <fmt/format.h>

#include <ostream>

#include "base/text.h"
#include "cli/job_wait.h"
#include "cli/json_table.h"
#include "cli/package_choice.h"

namespace granary::cli {
namespace {

/// Something that was asked for is not here.
bool is_incomplete(const Json& result) {
  return count_of(result, "failed") > 0 || count_of(result, "missing_count") > 0;
}

void name_all(Session& session, const Json& names, std::string_view what) {
  for (const auto& one : names.items())
    session.streams().err << fmt::format("warning  {}{}\n", one.string().value_or(""), what);
}

void report(Session& session, const Json& result) {
  name_all(session, result["problems"], "");
  name_all(session, result["missing"], " is in none of the sources");
  name_all(session, result["unread"],
           " does not say what it needs before it is unpacked: that is fetched only if it is named");
  if (result["dryrun"].boolean().value_or(false)) {
    session.print(fmt::format("would fetch {} packages: {} files of {}, of which {} files are held\n",
                              count_of(result, "packages"), count_of(result, "files"),
                              human_size(count_of(result, "bytes")), count_of(result, "held")));
    return;
  }
  session.print(fmt::format("{} packages: {} files fetched ({}), {} were held\n",
                            count_of(result, "packages"), count_of(result, "fetched"),
                            human_size(count_of(result, "fetched_bytes")), count_of(result, "held")));
}

}  // namespace

Result<int> fetch_ahead(Session& session) {
  const auto& args = session.args();
  const auto choice = TRY(read_choice(args));
  if (args.on("--all") != choice.packages.empty())
    return fail(Errc::invalid_argument,
                "say what to fetch: one of --all, --package, --requirements, --lockfile",
                "for example: granary fetch --source cran --package dplyr,ggplot2");
  auto sources = comma_list(args.value("--source"));
  if (sources.empty())
    return fail(Errc::invalid_argument, "--source is empty", "list sources with: granary list sources");
  const auto first = sources.front();
  sources.erase(sources.begin());
  Body body(args);
  add_choice(body, args, choice);
  body.boolean("all", "--all").boolean("dryrun", "--dryrun").list("also", sources);
  const bool quiet = args.on("--quiet");
  if (!quiet) warn_of_skipped(session, choice);
  auto* server = TRY(session.server());
  auto reply =
      TRY(server->call(session.context(), "POST", endpoint({"sources", first, "fetch"}), body.json()));
  const auto job = TRY(ordered(session, reply, reply.json));
  if (!job) return 0;
  const auto& result = (*job)["result"];
  if (session.json()) {
    session.print(TRY(text_of_job(session, *job)) + "\n");
  } else if (!quiet) {
    report(session, result);
  }
  if (!is_incomplete(result)) return 0;
  return fail(Errc::not_found,
              fmt::format("{} files could not be had, {} packages are in none of the sources",
                          count_of(result, "failed"), count_of(result, "missing_count")),
              fmt::format("the rest is held; all of them: granary info job --id {}", cell_of(*job, "id")));
}

}  // namespace granary::cli
