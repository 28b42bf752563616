#pragma once
/// Remembers what a secret is worth, so that a burst of requests costs one query and unknown secrets do not
/// hammer the database. Safe for concurrent use.

#include <condition_variable>
#include <cstdint>
#include <functional>
#include <mutex>
#include <optional>
#include <unordered_map>

#include "auth/auth.h"

namespace granary::auth {

/// What the database says of a secret.
struct Verdict {
  std::optional<Principal> principal;  // absent: unknown or revoked
  std::optional<Time> expires_at;
};

class VerifyCache {
 public:
  explicit VerifyCache(std::shared_ptr<const Clock> clock) : clock_(std::move(clock)) {}

  /// The remembered verdict, or that of `ask`, which runs once for all who want the same secret at the same
  /// time. Failures of `ask` are not remembered. While the database cannot be asked a secret that was good
  /// when it was asked last is good.
  Result<Verdict> get(const Context&, const Digest& secret, const std::function<Result<Verdict>()>& ask);
  /// Forgets everything, and what is being asked now: its answer may be older than this call.
  void clear();
  /// Messages may have been lost: everything is asked again, if it can be.
  void doubt();

 private:
  struct Known {
    Verdict verdict;
    Time until;
  };
  struct Flight {
    std::uint64_t generation;
    bool done = false;
    std::optional<Result<Verdict>> answer;
  };
  std::optional<Verdict> find(const Digest& secret) const;
  std::optional<Verdict> find_good(const Digest& secret) const;
  void remember(const Digest& secret, const Verdict& verdict);

  std::shared_ptr<const Clock> clock_;
  std::mutex mutex_;
  std::condition_variable landed_;
  std::uint64_t generation_ = 0;
  std::unordered_map<Digest, Known> known_;
  std::unordered_map<Digest, std::shared_ptr<Flight>> flights_;
};

}  // namespace granary::auth
