#pragma once
/// Group commit: one thread runs the closures that wait in one transaction, each within a savepoint, and
/// commits once.

#include <chrono>
#include <condition_variable>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <span>
#include <stop_token>
#include <thread>
#include <vector>

#include "base/log.h"
#include "db/changes.h"
#include "db/database.h"

namespace granary::db {

/// The one connection that writes. Called by the writer's thread alone.
class WriterConnection {
 public:
  using Deadline = Context::Clock::time_point;
  virtual ~WriterConnection() = default;

  /// Connects if need be, and begins a transaction that excludes every other writer.
  virtual Result<> begin() = 0;
  /// Begins a new savepoint. Its statements fail with `deadline_exceeded` after `deadline`.
  virtual Result<> enter(Deadline deadline) = 0;
  virtual Session& session() = 0;
  /// Back to the savepoint.
  virtual Result<> undo() = 0;
  /// The transaction is gone with all that was in it: the connection broke, or the engine rolled it back.
  virtual bool lost() const = 0;
  /// Success only if it is durable.
  virtual Result<> commit(std::span<const std::int64_t> topics) = 0;
  /// Ends the transaction without a trace, whatever its state.
  virtual void abandon() noexcept = 0;
};

/// Safe for concurrent use.
class GroupWriter {
 public:
  using Work = std::function<Result<>(WriteSession&)>;

  /// `changes` outlives the writer.
  static std::unique_ptr<GroupWriter> start(std::unique_ptr<WriterConnection> connection,
                                            const Changes& changes, Logger log);
  ~GroupWriter();

  /// As Database::write. A closure that has not begun by its deadline never runs.
  Result<> write(const Context& ctx, const Work& work);

 private:
  enum class State : std::uint8_t { queued, begun, done };
  struct Job {
    const Context* ctx;
    const Work* work;
    State state = State::queued;
    Result<> result;
    std::condition_variable_any moved;
  };

  GroupWriter(std::unique_ptr<WriterConnection> connection, const Changes& changes, Logger log)
      : connection_(std::move(connection)), changes_(&changes), log_(std::move(log)) {}
  void loop(const std::stop_token& stop);
  void run_group();
  Job* claim(std::chrono::steady_clock::time_point until);
  Result<> attempt(const Job& job, std::vector<std::int64_t>& topics);
  void settle(std::span<Job* const> jobs, const Result<>& result);
  void fail_waiting(const Error& error);
  void requeue(std::span<Job* const> jobs);

  std::unique_ptr<WriterConnection> connection_;
  const Changes* changes_;
  Logger log_;
  std::mutex mutex_;
  std::condition_variable_any arrived_;
  std::deque<Job*> queue_;
  // Of the writer's thread: when to stop; how many the last commit had, and how long it took.
  std::stop_token stop_;
  std::size_t last_group_ = 0;
  std::chrono::steady_clock::duration last_commit_{0};
  std::jthread thread_;  // last: joined before the rest goes
};

}  // namespace granary::db
