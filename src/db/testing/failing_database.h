#pragma once
/// A database that fails once, at a chosen step: for the tests that try every step in turn.

#include <atomic>
#include <memory>
#include <utility>

#include "db/database.h"

namespace granary::db::testing {

/// Steps: a read is one; a write is three: before its work, at its commit (nothing is stored), and after its
/// commit (everything is stored, but the caller hears `unavailable`, as when the connection breaks just
/// then). Safe for concurrent use.
class FailingDatabase final : public Database {
 public:
  explicit FailingDatabase(std::shared_ptr<Database> under) : under_(std::move(under)) {}

  /// The n-th step from now fails with `unavailable`, once; 0: none.
  void fail_at(std::int64_t n) {
    steps_ = 0;
    failing_ = n;
    failed_ = false;
  }
  bool failed() const { return failed_; }
  std::int64_t steps() const { return steps_; }

  Result<> read(const Context& ctx, const std::function<Result<>(Session&)>& work) override {
    TRY(step("read"));
    return under_->read(ctx, work);
  }
  Result<> write(const Context& ctx, const std::function<Result<>(WriteSession&)>& work) override {
    TRY(step("write"));
    bool stepped = false;  // the work may run more than once: the commit is one step all the same
    Result<> at_commit;
    TRY(under_->write(ctx, [&](WriteSession& session) -> Result<> {
      TRY(work(session));
      if (!std::exchange(stepped, true)) at_commit = step("commit");
      return at_commit;
    }));
    return step("answer");
  }
  Result<> write_aside(const Context& ctx, const std::function<Result<>(Session&)>& work) override {
    return write(ctx, work);
  }
  Result<> migrate(const Context& ctx, std::span<const Migration> migrations) override {
    return under_->migrate(ctx, migrations);
  }
  void on_change(std::function<void(std::span<const std::int64_t>)> heard) override {
    under_->on_change(std::move(heard));
  }
  Dialect dialect() const noexcept override { return under_->dialect(); }
  PoolStats stats() const override { return under_->stats(); }

 private:
  Result<> step(const char* where) {
    if (++steps_ != failing_.load()) return {};
    failed_ = true;
    return fail(Errc::unavailable,
                std::string("the database failed at a ") + where + " for the sake of a test");
  }

  std::shared_ptr<Database> under_;
  std::atomic<std::int64_t> steps_{0}, failing_{0};
  std::atomic<bool> failed_{false};
};

}  // namespace granary::db::testing
