#pragma once
/// A command that waits for a job of the server.

#include <optional>
#include <string>

#include "base/json.h"
#include "cli/session.h"

namespace granary::cli {

/// Shows how far it is on standard error: a bar on a terminal, else a line whenever the job does something
/// else; nothing with `quiet`. `submitted` is what the server answered; the result is the job when it has
/// succeeded, or when it has failed and left a result, with `or_failed`. Errors: unavailable with the words
/// of an attempt that failed (another may follow), conflict when it was cancelled, cancelled when the user
/// interrupts: the job goes on, and the error says so.
Result<Json> wait_for_job(Session& session, const Json& submitted, bool quiet, bool or_failed = false);

/// --no-wait, or --wait=false.
bool waits_for_job(const Session& session);
/// The job that a command has ordered, which is in `answer`: as wait_for_job() gives it when it has ended, or
/// absent, with the answer printed, when the user does not wait.
Result<std::optional<Json>> ordered(Session& session, const Reply& answer, const Json& job,
                                    bool or_failed = false);
/// The answer to -o json: all that the server tells of a job that has ended.
Result<std::string> text_of_job(Session& session, const Json& job);

/// "job 12 waits", for commands that do not wait.
std::string submitted_line(const Json& job);

}  // namespace granary::cli
