#pragma once
/// Keys at hand: fetched once for all who ask at once, and again before they expire.

#include <condition_variable>
#include <memory>
#include <mutex>
#include <optional>

#include "base/clock.h"
#include "blob/s3/credentials.h"

namespace granary::blob::s3 {

/// Safe for concurrent use; one thread at a time asks the source, in its own context.
class CredentialCache {
 public:
  /// `clock` must outlive it.
  CredentialCache(std::unique_ptr<CredentialSource> source, const Clock& clock)
      : source_(std::move(source)), clock_(clock) {}

  /// From five minutes before they expire on, new ones are asked for; when that fails, the old ones serve
  /// until their end. Fails as the source does, for all who waited for it.
  Result<Credentials> get(const Context& ctx);
  /// After a service refused `refused`: other keys, when the source has some by now (a file was written anew,
  /// a role was changed). Absent when to try again would be in vain.
  std::optional<Credentials> after_refusal(const Context& ctx, const Credentials& refused);

  const std::string& name() const noexcept { return source_->name(); }

 private:
  /// Asks the source, unless somebody does it already: then waits for what comes of that.
  Result<Credentials> refresh(const Context& ctx, std::unique_lock<std::mutex>& lock);
  bool is_good(Time now) const;

  const std::unique_ptr<CredentialSource> source_;
  const Clock& clock_;
  std::mutex mutex_;
  std::condition_variable_any changed_;
  std::optional<Result<Credentials>> last_;  // what came of the last question
  std::optional<Credentials> current_;
  Time next_question_{};  // not before
  std::uint64_t answers_ = 0;
  bool asking_ = false;
};

}  // namespace granary::blob::s3
