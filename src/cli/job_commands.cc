#include <fmt/format.h>

#include "cli/endpoint.h"
#include "cli/json_table.h"
#include "cli/session.h"

namespace granary::cli {
namespace {

std::string progress_of(const Json& job) {
  const auto done = job["done"].integer().value_or(0), total = job["total"].integer().value_or(0);
  const auto counted = total > 0 ? fmt::format("{}/{} ", done, total) : std::string();
  const auto error = text_of(job, "error");
  return counted + (error.empty() ? text_of(job, "message") : error);
}

void print_job(Session& session, const Json& job) {
  session.print(facts_of(job, {{"Job", "id"},
                               {"Kind", "kind"},
                               {"State", "state"},
                               {"Attempt", "attempt"},
                               {"Node", "node"},
                               {"Created", "created"},
                               {"Started", "started"},
                               {"Finished", "finished"}}));
  session.print(fmt::format("{:<18}{}\n", "Progress:", progress_of(job)));
  for (const auto& line : job["log"].items())
    session.print(
        fmt::format("{} {:<5} {}\n", text_of(line, "at"), text_of(line, "level"), text_of(line, "line")));
}

Result<int> list_jobs(Session& session) {
  const auto& args = session.args();
  const auto query = Query()
                         .add("kind", args.value("--kind"))
                         .add("state", args.value("--state"))
                         .add("source", args.value("--source"))
                         .add("_limit", args.value("--count"))
                         .add("before", args.value("--before"))
                         .text();
  return session.show("GET", "/jobs" + query, {}, [&](const Json& json) {
    session.print(rows_of(json, {"JOB", "KIND", "STATE", "NODE", "CREATED", "FINISHED", "PROGRESS"},
                          {"id", "kind", "state", "node", "created", "finished", "message"}, "no jobs"));
  });
}

Result<int> info_job(Session& session) {
  return session.show("GET", endpoint({"jobs", session.args().value("--id")}), {},
                      [&](const Json& json) { print_job(session, json); });
}

Result<int> run_job(Session& session) {
  return session.show(
      "POST", "/jobs", Body(session.args()).text("kind", "--kind").json(), [&](const Json& json) {
        session.print(fmt::format("job {} {}\n", cell_of(json, "id"), text_of(json, "state")));
      });
}

Result<int> cancel_job(Session& session) {
  return session.show("DELETE", endpoint({"jobs", session.args().value("--id")}), {}, [&](const Json& json) {
    session.print(text_of(json, "state") == "running" ? "the job is told to stop\n"
                                                      : "the job is cancelled\n");
  });
}

}  // namespace

std::vector<CommandSpec> job_commands() {
  const FlagSpec id = {"--id", "N", "number of the job", true};
  return {
      {"list jobs",
       "List work in the background, newest first",
       "list jobs --state failed",
       {{"--kind", "KIND", "such as collect or verify"},
        {"--state", "STATE", "waiting, running, succeeded, failed or cancelled"},
        {"--source", "NAME", "jobs of a source"},
        {"--count", "N", "how many (100)"},
        {"--before", "N", "only jobs with lower numbers: the next page"}},
       list_jobs},
      {"info job", "Show a job with its log", "info job --id 12", {id}, info_job},
      {"run job",
       "Submit a job and do not wait for it: collect gives back space, verify reads every byte",
       "run job --kind verify",
       {{"--kind", "KIND", "collect or verify", true}},
       run_job},
      {"cancel job", "Cancel a job that waits or runs", "cancel job --id 12", {id}, cancel_job},
  };
}

}  // namespace granary::cli
