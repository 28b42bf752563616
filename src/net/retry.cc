#include "net/retry.h"

#include <algorithm>
#include <condition_variable>
#include <mutex>
#include <random>

#include "base/text.h"
#include "base/time_text.h"

namespace granary::net {

bool is_retryable(int status) noexcept {
  switch (status) {
    case 408:
    case 429:
    case 500:
    case 502:
    case 503:
    case 504:
      return true;
    default:
      return false;
  }
}

std::optional<std::chrono::milliseconds> delay_after(
    const RetryPolicy& policy, int failed, double jitter,
    std::optional<std::chrono::seconds> retry_after) noexcept {
  if (failed < 1 || failed >= policy.attempts) return std::nullopt;
  auto delay = policy.first;
  for (int i = 1; i < failed && delay < policy.longest; ++i) delay *= 2;
  delay = std::min(delay, policy.longest);
  delay = std::chrono::milliseconds(static_cast<std::int64_t>(static_cast<double>(delay.count()) *
                                                              (0.5 + std::clamp(jitter, 0.0, 1.0) / 2)));
  if (retry_after && *retry_after > std::chrono::seconds(0)) {
    // Compared in seconds: an absurd Retry-After must not overflow.
    if (*retry_after >= std::chrono::ceil<std::chrono::seconds>(policy.longest)) return policy.longest;
    delay = std::max<std::chrono::milliseconds>(delay, *retry_after);
  }
  return delay;
}

std::optional<std::chrono::seconds> parse_retry_after(std::string_view text, Time now) noexcept {
  text = trim(text);
  if (const auto seconds = parse_unsigned(text)) {
    return std::chrono::seconds(static_cast<std::int64_t>(std::min<std::uint64_t>(*seconds, 86'400)));
  }
  const auto date = parse_http_date(text);
  if (!date) return std::nullopt;
  return std::max(std::chrono::seconds(0), std::chrono::ceil<std::chrono::seconds>(*date - now));
}

double random_jitter() {
  thread_local std::minstd_rand generator{std::random_device{}()};
  return std::uniform_real_distribution<double>(0, 1)(generator);
}

Result<> wait(const Context& ctx, std::chrono::milliseconds delay) {
  TRY(ctx.check());
  if (ctx.remaining() < delay) return fail(Errc::deadline_exceeded, "took longer than its deadline");
  std::mutex mutex;
  std::condition_variable_any never;
  std::unique_lock lock(mutex);
  never.wait_for(lock, ctx.stop(), delay, [] { return false; });
  if (ctx.stop().stop_requested()) return fail(Errc::cancelled, "cancelled");
  return {};
}

Result<Response> with_retries(const Context& ctx, const RetryPolicy& policy,
                              const std::function<Result<Response>()>& attempt) {
  for (int failed = 1;; ++failed) {
    auto response = attempt();
    std::optional<std::chrono::seconds> retry_after;
    if (response) {
      const bool later = is_retryable(response->status) || (policy.conflicts && response->status == 409);
      if (!later) return response;
      retry_after = parse_retry_after(response->header("retry-after"), SystemClock().now());
    } else if (response.error().code() != Errc::unavailable) {
      return response;
    }
    const auto delay = delay_after(policy, failed, random_jitter(), retry_after);
    if (!delay) return response;
    const auto waited = wait(ctx, *delay);
    if (!waited && waited.error().code() == Errc::cancelled) return tl::unexpected(waited.error());
    if (!waited) return response;
  }
}

}  // namespace granary::net
