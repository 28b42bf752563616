#include "auth/verify_cache.h"

#include <exception>

#include "base/away.h"
#include "base/log.h"

namespace granary::auth {
namespace {

constexpr auto kGood = std::chrono::seconds(10);
constexpr auto kBad = std::chrono::seconds(2);
constexpr std::size_t kMost = 10'000;
constexpr auto kTurn = std::chrono::milliseconds(100);  // how often a waiter looks whether it was cancelled

}  // namespace

std::optional<Verdict> VerifyCache::find(const Digest& secret) const {
  const auto found = known_.find(secret);
  if (found == known_.end()) return std::nullopt;
  const Time now = clock_->now();
  // A clock set back must not make an answer live for long.
  if (now >= found->second.until || found->second.until - now > kGood) return std::nullopt;
  return found->second.verdict;
}

std::optional<Verdict> VerifyCache::find_good(const Digest& secret) const {
  const auto found = known_.find(secret);
  if (found == known_.end() || !found->second.verdict.principal) return std::nullopt;
  return found->second.verdict;
}

void VerifyCache::remember(const Digest& secret, const Verdict& verdict) {
  const Time now = clock_->now();
  if (known_.size() >= kMost) std::erase_if(known_, [&](const auto& row) { return now >= row.second.until; });
  if (known_.size() >= kMost) known_.clear();
  known_.insert_or_assign(secret, Known{verdict, now + (verdict.principal ? kGood : kBad)});
}

Result<Verdict> VerifyCache::get(const Context& ctx, const Digest& secret,
                                 const std::function<Result<Verdict>()>& ask) {
  std::unique_lock lock(mutex_);
  for (;;) {
    if (auto verdict = find(secret)) return std::move(*verdict);
    const auto found = flights_.find(secret);
    if (found == flights_.end() || found->second->generation != generation_) break;
    const auto flight = found->second;
    while (!flight->done) {
      TRY(ctx.check());
      landed_.wait_for(lock, kTurn);
    }
    if (*flight->answer) return *flight->answer;
    // The other caller's failure may be of its own making, such as its deadline: ask anew unless it is the
    // database's.
    if (flight->answer->error().code() == Errc::unavailable) return *flight->answer;
  }
  const auto flight = std::make_shared<Flight>(Flight{generation_, false, std::nullopt});
  flights_.insert_or_assign(secret, flight);
  lock.unlock();
  Result<Verdict> answer =
      fail(Errc::internal, "the token could not be checked", "the server's log says why");
  try {
    answer = ask();
  } catch (const std::exception& e) {  // or those who wait would wait for ever
    ctx.log().error("failed to check a token: exception", {{"exception", e.what()}});
  }
  lock.lock();
  if (answer && flight->generation == generation_) remember(secret, *answer);
  if (!answer && is_away(answer.error()))
    if (auto last = find_good(secret)) answer = *std::move(last);
  flight->answer = answer;
  flight->done = true;
  if (const auto mine = flights_.find(secret); mine != flights_.end() && mine->second == flight)
    flights_.erase(mine);
  landed_.notify_all();
  return answer;
}

void VerifyCache::doubt() {
  const std::lock_guard lock(mutex_);
  ++generation_;
  for (auto& [secret, known] : known_) known.until = {};
}

void VerifyCache::clear() {
  const std::lock_guard lock(mutex_);
  ++generation_;
  known_.clear();
}

}  // namespace granary::auth
