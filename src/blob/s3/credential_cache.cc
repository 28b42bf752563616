#include "blob/s3/credential_cache.h"

namespace granary::blob::s3 {
namespace {

constexpr auto kBeforeExpiry = std::chrono::minutes(5);
constexpr auto kBetweenQuestions = std::chrono::seconds(30);

}  // namespace

/// Good for a request that begins now.
bool CredentialCache::is_good(Time now) const {
  return current_ && (!current_->expires || now < *current_->expires);
}

Result<Credentials> CredentialCache::get(const Context& ctx) {
  std::unique_lock lock(mutex_);
  const Time now = clock_.now();
  const bool good = is_good(now);
  const bool fresh = good && (!current_->expires || now + kBeforeExpiry < *current_->expires);
  if (fresh || (good && (asking_ || now < next_question_))) return *current_;
  auto renewed = refresh(ctx, lock);
  if (renewed || !is_good(clock_.now())) return renewed;
  lock.unlock();
  ctx.log().failed("cannot renew the credentials of the object store, the old ones still hold",
                   renewed.error());
  lock.lock();
  return *current_;
}

std::optional<Credentials> CredentialCache::after_refusal(const Context& ctx, const Credentials& refused) {
  std::unique_lock lock(mutex_);
  if (current_ && current_->access_key == refused.access_key &&
      current_->session_token == refused.session_token) {
    if (clock_.now() < next_question_ || !refresh(ctx, lock)) return std::nullopt;
  }
  if (!is_good(clock_.now()) ||
      (current_->access_key == refused.access_key && current_->secret_key == refused.secret_key &&
       current_->session_token == refused.session_token))
    return std::nullopt;
  return current_;
}

Result<Credentials> CredentialCache::refresh(const Context& ctx, std::unique_lock<std::mutex>& lock) {
  if (asking_) {
    const auto mine = answers_;
    if (!changed_.wait_until(lock, ctx.stop(), ctx.deadline(), [&] { return answers_ != mine; })) {
      TRY(ctx.check());
      return fail(Errc::unavailable, "the credentials of the object store did not come in time", "try again");
    }
    return *last_;
  }
  asking_ = true;
  lock.unlock();
  auto answer = [&]() -> Result<Credentials> {
    try {
      return source_->fetch(ctx);
    } catch (const std::exception& e) {  // nobody may wait for ever
      return fail(Errc::internal, std::string("asking for credentials threw: ") + e.what());
    }
  }();
  lock.lock();
  asking_ = false;
  ++answers_;
  next_question_ = clock_.now() + kBetweenQuestions;
  if (answer) current_ = *answer;
  last_ = answer;
  changed_.notify_all();
  return answer;
}

}  // namespace granary::blob::s3
