#include <fmt/format.h>

#include "base/text.h"
#include "cli/endpoint.h"
#include "cli/session.h"

namespace granary::cli {
namespace {

std::uint64_t count_of(const Json& json, std::string_view name) {
  return static_cast<std::uint64_t>(json[name].integer().value_or(0));
}

Result<int> sync(Session& session) {
  const auto name = session.args().value("--source");
  return session.show("POST", endpoint({"sources", name, "sync"}), {}, [&](const Json& json) {
    const auto changed = count_of(json, "packages");
    session.print(changed == 0 ? fmt::format("'{}' is up to date: nothing had changed\n", name)
                               : fmt::format("'{}' is up to date: {} packages changed, {} of them gone\n",
                                             name, changed, count_of(json, "removed")));
    if (const auto skipped = count_of(json, "skipped"); skipped > 0)
      session.print(fmt::format("{} records were skipped: {}\n", skipped, text_of(json, "problem")));
  });
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
    line("problem", text_of(json, "problem"));
    line("last file problem", text_of(json, "file_problem"));
    line("last page problem", text_of(json, "page_problem"));
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
  return {
      {"sync",
       "Bring what is known of an upstream up to date, and wait for it",
       "sync --source cran",
       {source},
       sync},
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
