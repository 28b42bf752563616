#include "cli/job_wait.h"

#include <fmt/format.h>

#include <ostream>
#include <thread>

#include "base/away.h"
#include "base/text.h"
#include "cli/endpoint.h"
#include "cli/json_table.h"
#include "cli/progress.h"

namespace granary::cli {
namespace {

using std::chrono::milliseconds;

constexpr milliseconds kFirstPause{50}, kLongestPause{1000}, kUnsaid{1000};
/// A server that restarts is waited for.
constexpr auto kSilence = std::chrono::minutes(2);

/// One number is one try, whether it counts as an attempt or not.
std::int64_t turn_of(const Json& job) { return job["turn"].integer().value_or(0); }

bool pause(const Session& session, milliseconds time) {
  if (session.hooks().pause) return session.hooks().pause(time);
  std::this_thread::sleep_for(time);
  return false;
}

/// What the user sees while the job is not over.
class Shown {
 public:
  Shown(Session& session, bool quiet)
      : err_(&session.streams().err),
        bar_(*err_, session.streams().err_is_terminal && !quiet, 0, Progress::Unit::count),
        lines_(!session.streams().err_is_terminal && !quiet) {}

  void show(const Json& job) {
    auto doing = text_of(job, "message");
    // What takes no time needs no words.
    if (doing.empty() && Context::Clock::now() - began_ < kUnsaid) return;
    if (text_of(job, "state") == "waiting")
      doing = "waiting for a node to run job " + cell_of(job, "id");
    else if (doing.empty())
      doing = "starting";
    bar_.show(static_cast<std::uint64_t>(job["done"].integer().value_or(0)),
              static_cast<std::uint64_t>(job["total"].integer().value_or(0)), doing);
    // Not a line for every number that follows a colon.
    auto kind = doing.substr(0, doing.find(": "));
    if (lines_ && kind != said_) *err_ << doing << std::endl;
    said_ = std::move(kind);
  }
  void clear() { bar_.clear(); }

 private:
  std::ostream* err_;
  Progress bar_;
  bool lines_;
  std::string said_;
  const Context::Clock::time_point began_ = Context::Clock::now();
};

/// Absent while it is not over for who waits.
Result<std::optional<Json>> outcome(const Json& asked, const Json& job) {
  const auto id = cell_of(job, "id"), state = text_of(job, "state");
  const auto look = fmt::format("its log: granary info job --id {}", id);
  if (state == "succeeded") return job;
  if (state == "failed") return fail(Errc::unavailable, text_of(job, "error"), look);
  if (state == "cancelled") return fail(Errc::conflict, fmt::format("job {} was cancelled", id), look);
  const bool had_failed = text_of(asked, "state") == "waiting" && turn_of(job) == turn_of(asked);
  if (job["retrying"].boolean().value_or(false) && !had_failed)
    return fail(Errc::unavailable, text_of(job, "error"), "the server tries again by itself; " + look);
  return std::nullopt;
}

}  // namespace

Result<Json> wait_for_job(Session& session, const Json& submitted, bool quiet, bool or_failed) {
  auto* server = TRY(session.server());
  const auto id = cell_of(submitted, "id");
  const auto path = endpoint({"jobs", id}) + Query().add("brief", "true").text();
  const auto look =
      fmt::format("see it with: granary info job --id {0}; stop it with: granary cancel job --id {0}", id);
  Shown shown(session, quiet);
  auto job = submitted;
  auto heard = Context::Clock::now();
  // Ctrl-C is heard from the first pause on: before anything is said.
  bool interrupted = pause(session, milliseconds(0));
  for (auto length = kFirstPause;; length = std::min(length * 2, kLongestPause)) {
    if (or_failed && text_of(job, "state") == "failed" && job["result"].is_object()) return job;
    if (auto over = TRY(outcome(submitted, job))) return *std::move(over);
    if (!interrupted) shown.show(job);
    interrupted = interrupted || pause(session, length);
    if (interrupted) {
      shown.clear();
      return fail(Errc::cancelled, fmt::format("not waiting any more; job {} goes on", id), look);
    }
    const Context ctx({}, {}, Context::Clock::now() + std::chrono::seconds(15));
    auto reply = server->call(ctx, "GET", path, {});
    const auto now = Context::Clock::now();
    if (reply) {
      job = std::move(reply->json);
      heard = now;
      continue;
    }
    const auto code = reply.error().code();
    const bool may_pass = is_away(reply.error()) || code == Errc::internal;
    if (!may_pass || now - heard > kSilence)
      return fail(code, fmt::format("lost sight of job {}, which goes on: {}", id, reply.error().message()),
                  look);
  }
}

bool waits_for_job(const Session& session) {
  const auto& args = session.args();
  return !args.on("--no-wait") && (!args.has("--wait") || args.on("--wait"));
}

Result<std::string> text_of_job(Session& session, const Json& job) {
  auto* server = TRY(session.server());
  const auto path = endpoint({"jobs", cell_of(job, "id")}) + Query().add("brief", "true").text();
  return std::string(trim(TRY(server->call(session.context(), "GET", path, {})).text));
}

Result<std::optional<Json>> ordered(Session& session, const Reply& answer, const Json& job, bool or_failed) {
  if (waits_for_job(session)) return TRY(wait_for_job(session, job, session.args().on("--quiet"), or_failed));
  session.print(session.json() ? std::string(trim(answer.text)) + "\n" : submitted_line(job));
  return std::nullopt;
}

std::string submitted_line(const Json& job) {
  return fmt::format("job {} is {}; see it with: granary info job --id {}\n", cell_of(job, "id"),
                     text_of(job, "state"), cell_of(job, "id"));
}

}  // namespace granary::cli
