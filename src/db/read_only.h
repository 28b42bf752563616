#pragma once
/// A switch that keeps everybody from writing, while the data are moved.

#include <atomic>
#include <memory>
#include <mutex>
#include <shared_mutex>
#include <utility>

#include "db/database.h"

namespace granary::db {

/// While it is on, write() fails with `unavailable` before anything happens. Safe for concurrent use.
class ReadOnlySwitch final : public Database {
 public:
  explicit ReadOnlySwitch(std::unique_ptr<Database> under, bool on) : under_(std::move(under)), on_(on) {}

  /// When it has returned success for `on`, no write is on its way any more: every other one has been
  /// committed or refused.
  Result<> set(const Context& ctx, bool on) {
    const bool before = on_.exchange(on);
    if (!on) return {};
    {
      const std::unique_lock wait(aside_);
    }
    auto barrier = under_->write(ctx, [](WriteSession&) -> Result<> { return {}; });
    if (!barrier) on_ = before;  // who asked is told that it failed
    return barrier;
  }
  bool on() const noexcept { return on_; }

  Result<> read(const Context& ctx, const std::function<Result<>(Session&)>& work) override {
    return under_->read(ctx, work);
  }
  Result<> write(const Context& ctx, const std::function<Result<>(WriteSession&)>& work) override {
    return under_->write(ctx, [&](WriteSession& session) -> Result<> {
      TRY(check());
      return work(session);
    });
  }
  Result<> write_aside(const Context& ctx, const std::function<Result<>(Session&)>& work) override {
    const std::shared_lock lock(aside_);
    TRY(check());
    return under_->write_aside(ctx, work);
  }
  Result<> migrate(const Context& ctx, std::span<const Migration> migrations) override {
    return under_->migrate(ctx, migrations);
  }
  void on_change(std::function<void(std::span<const std::int64_t> topics)> heard) override {
    under_->on_change(std::move(heard));
  }
  Dialect dialect() const noexcept override { return under_->dialect(); }
  PoolStats stats() const override { return under_->stats(); }

 private:
  Result<> check() const {
    if (!on_) return {};
    return fail(Errc::unavailable, "the server is read-only for now: its data are being moved",
                "try again later; its keeper ends this with: granary read-only off");
  }

  std::unique_ptr<Database> under_;
  std::atomic<bool> on_;
  std::shared_mutex aside_;  // held by each write_aside()
};

}  // namespace granary::db
