#include "api/job_wait.h"

#include <thread>

#include "api/admin_json.h"
#include "api/job_json.h"
#include "jobs/policy.h"

namespace granary::api {
namespace {

constexpr auto kPause = std::chrono::milliseconds(200);
constexpr auto kLongestWait = std::chrono::hours(12);

}  // namespace

Result<jobs::Job> wait_for_turn(const Context& ctx, jobs::Queue& queue, jobs::Job job,
                                std::chrono::milliseconds patience) {
  const Context patient(ctx.log(), ctx.stop(), Context::Clock::now() + patience);
  const auto id = std::to_string(job.id);
  const auto asked = job;
  const std::string look = "its log: granary info job --id " + id;
  for (;;) {
    if (job.state == jobs::State::succeeded) return job;
    if (job.state == jobs::State::failed) return fail(Errc::unavailable, job.error, look);
    if (job.state == jobs::State::cancelled)
      return fail(Errc::conflict, "job " + id + " was cancelled", look);
    // One that was waiting for another attempt has been hurried up: that its last one failed is no news.
    const bool had_failed = asked.state == jobs::State::waiting && job.lease_number == asked.lease_number;
    if (jobs::waits_to_retry(job) && !had_failed)
      return fail(Errc::unavailable, job.error, "it is tried again by itself; " + look);
    TRY(patient.check());
    std::this_thread::sleep_for(kPause);
    job = TRY(queue.get(patient, job.id));
  }
}

Result<http::Response> submit_job(const Context& ctx, jobs::Queue& queue, const jobs::JobSpec& spec,
                                  bool wait) {
  const auto id = TRY(queue.submit(ctx, spec));
  auto job = TRY(queue.get(ctx, id));
  if (wait) job = TRY(wait_for_turn(ctx, queue, std::move(job), kLongestWait));
  JsonWriter json;
  write_json(json, job);
  return json_response(wait ? 200 : 202, std::move(json));
}

}  // namespace granary::api
