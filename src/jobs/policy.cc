#include "jobs/policy.h"

#include <algorithm>

#include "base/text.h"

namespace granary::jobs {
namespace {

constexpr std::size_t kLongestKind = 64, kLongestKey = 512;

bool is_kind(std::string_view text) noexcept {
  return !text.empty() && text.size() <= kLongestKind && std::all_of(text.begin(), text.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-';
  });
}

std::chrono::milliseconds less_by_chance(std::chrono::milliseconds delay, double chance) noexcept {
  const auto less = static_cast<double>(delay.count()) * 0.5 * std::clamp(chance, 0.0, 1.0);
  return delay - std::chrono::milliseconds(static_cast<std::int64_t>(less));
}

}  // namespace

std::string_view name_of(State state) noexcept {
  switch (state) {
    case State::waiting:
      return "waiting";
    case State::running:
      return "running";
    case State::succeeded:
      return "succeeded";
    case State::failed:
      return "failed";
    case State::cancelled:
      return "cancelled";
  }
  return {};
}

std::optional<State> parse_state(std::string_view text) noexcept {
  for (const auto state :
       {State::waiting, State::running, State::succeeded, State::failed, State::cancelled}) {
    if (text == name_of(state)) return state;
  }
  return std::nullopt;
}

std::chrono::milliseconds retry_delay(const RetryDelays& delays, std::int64_t attempt,
                                      double chance) noexcept {
  auto delay = std::min(delays.first, delays.longest);
  for (std::int64_t i = 1; i < attempt && delay < delays.longest; ++i)
    delay = std::min(delay * 2, delays.longest);
  return less_by_chance(delay, chance);
}

std::chrono::milliseconds away_delay(const RetryDelays& delays, std::chrono::milliseconds since,
                                     double chance) noexcept {
  const auto shortest = std::min(delays.first, delays.longest);
  return less_by_chance(std::clamp(since / 8, shortest, std::min(shortest * 10, delays.longest)), chance);
}

bool waits_to_retry(const Job& job) noexcept {
  return job.state == State::waiting && !job.error.empty() && job.error != kNodeLost &&
         !job.error.starts_with(kLeftToOthers);
}

bool is_permanent(Errc code) noexcept {
  switch (code) {
    case Errc::invalid_argument:
    case Errc::unauthenticated:
    case Errc::permission_denied:
    case Errc::not_found:
    case Errc::unsupported:
    case Errc::too_large:
      return true;
    case Errc::conflict:
    case Errc::unavailable:
    case Errc::deadline_exceeded:
    case Errc::cancelled:
    case Errc::corrupt:
    case Errc::internal:
      return false;
  }
  return false;
}

Result<> check(const JobSpec& spec) {
  if (!is_kind(spec.kind))
    return fail(Errc::invalid_argument, "'" + spec.kind + "' is no kind of job",
                "kinds are lower-case letters, digits and '-'");
  if (spec.key.size() > kLongestKey || spec.arguments.size() > kLongestArguments)
    return fail(Errc::invalid_argument, "the arguments of the job are too long",
                "name what is to be done instead of listing it");
  for (const std::string& text : {spec.key, spec.arguments}) {
    if (text.find('\0') != std::string::npos || !is_valid_utf8(text))
      return fail(Errc::invalid_argument, "the arguments of the job are not text", "use valid UTF-8");
  }
  if (spec.max_attempts < 1)
    return fail(Errc::invalid_argument, "a job needs at least one attempt", "set max_attempts to 1 or more");
  return {};
}

}  // namespace granary::jobs
