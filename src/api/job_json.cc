#include "api/job_json.h"

#include "base/time_text.h"
#include "jobs/policy.h"

namespace granary::api {
namespace {

void time_member(JsonWriter& json, std::string_view name, const std::optional<Time>& time) {
  json.key(name);
  time ? json.value(rfc3339(*time)) : json.null();
}

}  // namespace

void write_members(JsonWriter& json, const jobs::Job& job) {
  json.member("id", job.id);
  json.member("kind", job.spec.kind);
  json.member("state", jobs::name_of(job.state));
  json.member("arguments", job.spec.arguments);
  json.key("source_id");
  job.spec.source != 0 ? json.value(job.spec.source) : json.null();
  json.member("priority", job.spec.priority);
  json.member("attempt", job.attempt);
  // Counts the turns that were handed back too: one number is one node's.
  json.member("turn", job.lease_number);
  json.member("max_attempts", job.spec.max_attempts);
  json.member("cancel_requested", job.cancel_requested);
  json.member("node", job.worker);
  json.member("done", job.progress.done);
  json.member("total", job.progress.total);
  json.member("message", job.progress.message);
  json.member("error", job.error);
  json.member("retrying", jobs::waits_to_retry(job));
  json.key("result");
  job.result.empty() ? json.null() : json.raw(job.result);
  json.member("created", rfc3339(job.created_at));
  json.member("not_before", rfc3339(job.spec.not_before));
  time_member(json, "started", job.started_at);
  time_member(json, "finished", job.finished_at);
}

void write_json(JsonWriter& json, const jobs::Job& job) {
  json.begin_object();
  write_members(json, job);
  json.end_object();
}

void write_json(JsonWriter& json, const jobs::LogLine& line) {
  json.begin_object();
  json.member("number", line.number);
  json.member("at", rfc3339(line.at));
  json.member("level", line.level);
  json.member("line", line.text);
  json.end_object();
}

}  // namespace granary::api
