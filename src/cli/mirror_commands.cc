#include <fmt/format.h>

#include <optional>
#include <ostream>

#include "base/text.h"
#include "cli/endpoint.h"
#include "cli/fetch_commands.h"
#include "cli/job_wait.h"
#include "cli/json_table.h"
#include "cli/package_choice.h"
#include "cli/session.h"

namespace granary::cli {
namespace {

void say_synced(Session& session, const std::string& name, const Json& result) {
  const auto changed = count_of(result, "packages");
  session.print(changed == 0 ? fmt::format("'{}' is up to date: nothing had changed\n", name)
                             : fmt::format("'{}' is up to date: {} packages changed, {} of them gone\n", name,
                                           changed, count_of(result, "removed")));
  if (const auto skipped = count_of(result, "skipped"); skipped > 0)
    session.print(fmt::format("{} records were skipped: {}\n", skipped, text_of(result, "problem")));
}

bool is_mirror_type(std::string_view type) {
  return type == "cran" || type == "bioconductor" || type == "pypi";
}

/// The sources that --source or --type names; without either every mirror.
Result<std::vector<std::string>> sources_to_sync(Session& session) {
  const auto& args = session.args();
  if (args.has("--source") && args.has("--type"))
    return fail(Errc::invalid_argument, "give --source or --type, not both",
                "--type names all sources of a type");
  if (args.has("--source")) return std::vector{args.value("--source")};
  const auto type = args.value("--type");
  if (args.has("--type") && !is_mirror_type(type))
    return fail(Errc::invalid_argument, fmt::format("sources of type '{}' cannot be synchronised", type),
                "use cran, bioconductor or pypi");
  auto* server = TRY(session.server());
  const auto reply =
      TRY(server->call(session.context(), "GET", "/sources" + Query().add("type", type).text(), {}));
  std::vector<std::string> names;
  for (const auto& source : reply.json.items()) {
    if (is_mirror_type(text_of(source, "type"))) names.push_back(text_of(source, "name"));
  }
  if (names.empty())
    return fail(Errc::not_found,
                type.empty() ? "there is no mirror" : fmt::format("there is no source of type {}", type),
                "make one with: granary create source --name cran --type cran");
  return names;
}

/// The job that a synchronisation has ordered when it ended.
Result<Json> wait_for_crawl(Session& session, const std::string& name) {
  auto* server = TRY(session.server());
  const auto query = Query().add("kind", "crawl").add("source", name).add("_limit", "1").text();
  const auto reply = TRY(server->call(session.context(), "GET", "/jobs" + query, {}));
  if (reply.json.items().empty())
    return fail(Errc::not_found, "no job fetches the pages", "list what there is with: granary list jobs");
  return wait_for_job(session, reply.json.items().front(), session.args().on("--quiet"));
}

/// Waits for one source. The text for -o json.
Result<std::string> wait_for_sync(Session& session, const std::string& name, const Json& submitted) {
  const bool say = !session.json() && !session.args().on("--quiet");
  auto job = TRY(wait_for_job(session, submitted, session.args().on("--quiet")));
  if (say) say_synced(session, name, job["result"]);
  if (session.args().on("--crawl")) {
    job = TRY(wait_for_crawl(session, name));
    if (say)
      session.print(fmt::format("every page of '{}' is known: {} fetched, {} cannot be read\n", name,
                                count_of(job["result"], "fetched"), count_of(job["result"], "unreadable")));
  }
  return session.json() ? text_of_job(session, job) : std::string();
}

/// All are submitted before the first is waited for. One that fails does not keep the others from being told.
Result<int> sync(Session& session) {
  const auto& args = session.args();
  const bool wait = waits_for_job(session);
  auto names = TRY(sources_to_sync(session));
  auto* server = TRY(session.server());
  const auto query = Query().add("crawl", args.on("--crawl") ? "true" : "").text();
  std::vector<Reply> jobs;
  for (auto name = names.begin(); name != names.end();) {
    auto reply = server->call(session.context(), "POST", endpoint({"sources", *name, "sync"}) + query, {});
    const bool offline = !reply && reply.error().code() == Errc::unsupported && !args.has("--source");
    if (offline) {
      name = names.erase(name);
      continue;
    }
    jobs.push_back(TRY(std::move(reply)));
    ++name;
  }
  std::optional<Error> failed;
  std::vector<std::string> shown;
  for (std::size_t i = 0; i < names.size(); ++i) {
    if (!wait) {
      shown.emplace_back(trim(jobs[i].text));
      if (!session.json()) session.print(fmt::format("'{}': {}", names[i], submitted_line(jobs[i].json)));
      continue;
    }
    auto text = wait_for_sync(session, names[i], jobs[i].json);
    if (text) {
      shown.push_back(*std::move(text));
      continue;
    }
    const auto& error = text.error();
    if (error.code() == Errc::cancelled) return tl::unexpected(error);
    if (failed) session.streams().err << failed->message() << '\n';
    failed = fail(error.code(), fmt::format("'{}': {}", names[i], error.message()), error.hint()).value();
  }
  if (session.json()) {
    const auto all = join(shown, ",\n");
    session.print(args.has("--source") ? all + (all.empty() ? "" : "\n") : "[" + all + "]\n");
  }
  if (failed) return tl::unexpected(*std::move(failed));
  return 0;
}

/// "12 sync, running: reading PACKAGES (3 of 10)"
std::string job_line(const Json& job) {
  auto text = fmt::format("{} {}, {}", cell_of(job, "id"), text_of(job, "kind"), text_of(job, "state"));
  const auto error = text_of(job, "error");
  const bool again = job["retrying"].boolean().value_or(false);
  if (again) return text + fmt::format(", again at {}: {}", text_of(job, "not_before"), error);
  if (const auto doing = text_of(job, "message"); !doing.empty()) text += ": " + doing;
  if (const auto total = count_of(job, "total"); total > 0)
    text += fmt::format(" ({} of {})", count_of(job, "done"), total);
  return text;
}

}  // namespace

Result<int> mirror_info(Session& session) {
  const auto name = session.args().value("--source");
  return session.show("GET", endpoint({"sources", name, "mirror"}), {}, [&](const Json& json) {
    const auto line = [&](std::string_view label, const std::string& value) {
      if (!value.empty()) session.print(fmt::format("{:<18}{}\n", label, value));
    };
    line("source", name);
    line("upstream", text_of(json, "url"));
    const auto synced = text_of(json, "synced_at");
    line("synchronised", synced.empty() ? "never" : synced);
    const auto next = text_of(json, "next_sync");
    line("next", next.empty() ? "not by itself" : next);
    for (const auto& job : json["jobs"].items()) line("job", job_line(job));
    line("problem", text_of(json, "problem"));
    line("last file problem", text_of(json, "file_problem"));
    line("last page problem", text_of(json, "page_problem"));
    line("last fetch", text_of(json, "last_fetch"));
    line("files held",
         fmt::format("{} ({})", count_of(json, "held_files"), human_size(count_of(json, "held_bytes"))));
    if (const auto left = count_of(json, "undescribed"); left > 0)
      line("undescribed", fmt::format("{} old versions, which a job reads", left));
  });
}

namespace {

Result<int> evict(Session& session) {
  const auto& args = session.args();
  const auto query = Query()
                         .add("unused", args.value("--unused"))
                         .add("package", args.value("--package"))
                         .add("to_size", args.value("--to-size"))
                         .add("dryrun", args.value("--dryrun"))
                         .add("lost", args.value("--lost"))
                         .text();
  return session.show(
      "POST", endpoint({"sources", args.value("--source"), "evict"}) + query, {}, [&](const Json& json) {
        session.print(fmt::format("{} {} files of {}; {} of {} stay. 'gc' gives the space back\n",
                                  args.on("--dryrun") ? "would let go" : "let go", count_of(json, "files"),
                                  human_size(count_of(json, "bytes")), count_of(json, "kept"),
                                  human_size(count_of(json, "kept_bytes"))));
        if (const auto lost = count_of(json, "lost"); lost > 0)
          session.print(
              fmt::format("{} of those that stay upstream has no more: --lost lets them go\n", lost));
      });
}

Result<int> clear(Session& session) {
  const auto name = session.args().value("--source");
  const auto query = Query().add("confirm", session.args().value("--confirm")).text();
  return session.show("POST", endpoint({"sources", name, "clear"}) + query, {}, [&](const Json&) {
    session.print(fmt::format("what was known of '{}' is forgotten; 'sync' begins anew\n", name));
  });
}

}  // namespace

std::vector<CommandSpec> mirror_commands() {
  const FlagSpec source = {"--source", "NAME", "name of the source", true};
  std::vector<FlagSpec> fetch = {
      {"--source", "NAMES", "a mirror; with commas further ones, for what the first has not", true},
      {"--all", "", "everything of the source: every version, or so many as --newest says"}};
  const auto choice = choice_flags();
  fetch.insert(fetch.end(), choice.begin(), choice.end());
  fetch.insert(fetch.end(), {{"--dryrun", "", "only say how much it is"},
                             {"--wait", "", "wait until it is done (the default)"},
                             {"--no-wait", "", "only order it; the server does it"},
                             {"--quiet", "", "say nothing but errors"}});
  return {
      {"sync",
       "Bring what is known of upstreams up to date: of a source, of all of a type, or of all",
       "sync --source cran",
       {{"--source", "NAME", "name of the source"},
        {"--type", "TYPE", "all sources of this type: cran, bioconductor or pypi"},
        {"--wait", "", "wait until it is done, and say what changed (the default)"},
        {"--no-wait", "", "only order it; the server does it"},
        {"--crawl", "",
         "then fetch the pages of all projects of an index, and not only those that somebody asks for"},
        {"--quiet", "", "say nothing but errors"}},
       sync},
      {"fetch", "Fetch files of a mirror before somebody asks for them; what is held is not fetched again",
       "fetch --source pypi --requirements requirements.txt", std::move(fetch), fetch_ahead},
      {"evict",
       "Let fetched files go; they are fetched again when somebody asks",
       "evict --source cran --unused 30d",
       {source,
        {"--unused", "TIME", "only what was not used for so long, such as 30d"},
        {"--package", "NAME", "only files of this package"},
        {"--to-size", "SIZE", "the least recently used, until no more than this is held, such as 10GB"},
        {"--lost", "", "also files of Python that upstream has deleted: they cannot be had again"},
        {"--dryrun", "", "only say what would go"}},
       evict},
      {"clear",
       "Forget everything that is known of an upstream",
       "clear --source cran --confirm",
       {source, {"--confirm", "", "yes, all of it"}},
       clear},
  };
}

}  // namespace granary::cli
