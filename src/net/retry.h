#pragma once
/// When to try again, and after how long. Pure but for wait() and with_retries().

#include <chrono>
#include <functional>
#include <optional>
#include <string_view>

#include "base/clock.h"
#include "base/context.h"
#include "net/http_client.h"

namespace granary::net {

struct RetryPolicy {
  int attempts = 5;  // in all, the first included
  std::chrono::milliseconds first{100};
  std::chrono::milliseconds longest{5'000};
  bool conflicts = false;  // 409 says "later" too, as S3's does: another request for the same object
};

/// Statuses that say "later": 408, 429, 500, 502, 503, 504 (RFC 9110, RFC 6585).
bool is_retryable(int status) noexcept;

/// How long to wait after `failed` attempts (1, 2, ...); absent: give up. Doubles each time up to `longest`;
/// `jitter` in [0, 1) spreads it over the upper half, so that clients that failed together do not return
/// together. A server's Retry-After is obeyed when it is longer, up to `longest`.
std::optional<std::chrono::milliseconds> delay_after(
    const RetryPolicy& policy, int failed, double jitter,
    std::optional<std::chrono::seconds> retry_after = {}) noexcept;

/// Retry-After (RFC 9110 10.2.3): seconds or a date. Absent when it is neither.
std::optional<std::chrono::seconds> parse_retry_after(std::string_view text, Time now) noexcept;

/// In [0, 1), from the thread's own generator.
double random_jitter();

/// Blocks for `delay`. Fails at once when the deadline comes sooner, and as soon as the context is cancelled.
Result<> wait(const Context& ctx, std::chrono::milliseconds delay);

/// Calls `attempt` until it gives an answer that trying again would not change, or a failure other than
/// unavailable. When there are no more attempts, or the time is up: the last answer (its status is retryable)
/// or failure. Errc::cancelled while it waits.
Result<Response> with_retries(const Context& ctx, const RetryPolicy& policy,
                              const std::function<Result<Response>()>& attempt);

}  // namespace granary::net
