#include "db/group_writer.h"

#include <algorithm>
#include <exception>
#include <iterator>
#include <optional>

namespace granary::db {
namespace {

using Clock = Context::Clock;

constexpr std::size_t kMostPerCommit = 256;
constexpr auto kLongestLinger = std::chrono::milliseconds(2);
constexpr auto kLongestGroup =
    std::chrono::milliseconds(50);  // nobody waits longer for a commit because of others

/// What a closure sees. After a failed statement nothing works until the savepoint is undone, as in
/// PostgreSQL, so that a closure that swallows an error fails in both dialects.
class GroupSession final : public WriteSession {
 public:
  GroupSession(Session& session, std::vector<std::int64_t>& topics) : session_(&session), topics_(&topics) {}

  using Session::execute;
  using Session::query;
  Result<> query(std::string_view sql, std::span<const Value> parameters, const EachRow& each) override {
    if (failure_) return tl::unexpected(*failure_);
    // An error of the callback itself leaves the transaction whole.
    bool by_callback = false;
    auto result = session_->query(sql, parameters, [&](const Row& row) {
      auto r = each(row);
      by_callback = !r;
      return r;
    });
    if (!result && !by_callback) failure_ = result.error();
    return result;
  }
  Result<std::int64_t> execute(std::string_view sql, std::span<const Value> parameters) override {
    if (failure_) return tl::unexpected(*failure_);
    auto result = session_->execute(sql, parameters);
    if (!result) failure_ = result.error();
    return result;
  }
  Dialect dialect() const noexcept override { return session_->dialect(); }
  void announce(std::int64_t topic) override { topics_->push_back(topic); }

  const std::optional<Error>& failure() const noexcept { return failure_; }

 private:
  Session* session_;
  std::vector<std::int64_t>* topics_;
  std::optional<Error> failure_;
};

}  // namespace

std::unique_ptr<GroupWriter> GroupWriter::start(std::unique_ptr<WriterConnection> connection,
                                                const Changes& changes, Logger log) {
  std::unique_ptr<GroupWriter> writer(new GroupWriter(std::move(connection), changes, std::move(log)));
  writer->thread_ = std::jthread([w = writer.get()](const std::stop_token& stop) { w->loop(stop); });
  return writer;
}

GroupWriter::~GroupWriter() = default;

Result<> GroupWriter::write(const Context& ctx, const Work& work) {
  TRY(ctx.check());
  Job job{.ctx = &ctx, .work = &work, .result = {}, .moved = {}};
  std::unique_lock lock(mutex_);
  queue_.push_back(&job);
  arrived_.notify_one();
  while (job.state != State::done) {
    if (job.state == State::begun) {  // short, and its outcome must be known
      job.moved.wait(lock, [&] { return job.state != State::begun; });
      continue;
    }
    job.moved.wait_until(lock, ctx.stop(), ctx.deadline(), [&] { return job.state != State::queued; });
    if (job.state != State::queued) continue;
    if (auto in_time = ctx.check(); !in_time) {
      std::erase(queue_, &job);
      return in_time;
    }
  }
  return std::move(job.result);
}

void GroupWriter::loop(const std::stop_token& stop) {
  stop_ = stop;
  while (!stop.stop_requested()) {
    {
      std::unique_lock lock(mutex_);
      if (!arrived_.wait(lock, stop, [&] { return !queue_.empty(); })) break;
    }
    run_group();
  }
  fail_waiting(Error(Errc::unavailable, "the server is stopping", "retry later", __FILE__, __LINE__));
}

GroupWriter::Job* GroupWriter::claim(Clock::time_point until) {
  std::unique_lock lock(mutex_);
  if (Clock::now() < until) arrived_.wait_until(lock, stop_, until, [&] { return !queue_.empty(); });
  while (!queue_.empty()) {
    Job* job = queue_.front();
    queue_.pop_front();
    if (auto in_time = job->ctx->check(); !in_time) {
      job->result = std::move(in_time);
      job->state = State::done;
      job->moved.notify_one();
      continue;
    }
    job->state = State::begun;
    return job;
  }
  return nullptr;
}

void GroupWriter::run_group() {
  if (auto begun = connection_->begin(); !begun) {
    connection_->abandon();
    log_.failed("failed to begin a transaction", begun.error());
    fail_waiting(begun.error());
    return;
  }
  const auto until = Clock::now() + kLongestGroup;
  const auto linger = Clock::now() + std::min<Clock::duration>(kLongestLinger, last_commit_ / 4);
  auto earliest = Clock::time_point::max();  // deadline of those that wait for this commit
  std::vector<Job*> ran;
  std::vector<std::int64_t> topics;
  while (ran.size() < kMostPerCommit && Clock::now() < until) {
    // Those of the last group are on their way back: a wait short against a commit saves them one.
    Job* job = claim(ran.size() < last_group_ ? linger : Clock::time_point());
    if (!job) break;
    const auto mark = topics.size();
    const auto deadline = std::min(earliest, job->ctx->deadline());
    auto outcome = connection_->enter(deadline);
    const bool entered = outcome.has_value();  // otherwise undo would take back somebody else's change
    if (entered) outcome = attempt(*job, topics);
    if (outcome) {
      ran.push_back(job);
      earliest = std::min(earliest, job->ctx->deadline());
      continue;
    }
    topics.resize(mark);
    const bool gone = !entered || connection_->lost() || !connection_->undo();
    // It was stopped for the sake of the others only: it begins the next group, where it has its own time.
    const bool hurried =
        outcome.error().code() == Errc::deadline_exceeded && job->ctx->check() && !ran.empty();
    if (hurried)
      requeue(std::span(&job, 1));
    else
      settle(std::span(&job, 1), outcome);
    if (gone) {  // none of them left a trace, so they run again; each turn settles one, so it ends
      connection_->abandon();
      requeue(ran);
      return;
    }
    if (hurried) break;
  }
  if (ran.empty()) {
    connection_->abandon();
    return;
  }
  std::sort(topics.begin(), topics.end());
  topics.erase(std::unique(topics.begin(), topics.end()), topics.end());
  last_group_ = ran.size();
  const auto began = Clock::now();
  auto committed = connection_->commit(topics);
  last_commit_ = Clock::now() - began;
  if (!committed) {
    connection_->abandon();
    log_.failed("failed to commit", committed.error());
  } else if (!topics.empty()) {
    changes_->tell(topics);
  }
  settle(ran, committed);
}

Result<> GroupWriter::attempt(const Job& job, std::vector<std::int64_t>& topics) {
  GroupSession session(connection_->session(), topics);
  try {
    TRY((*job.work)(session));
  } catch (const std::exception& e) {
    return with_note(Result<>(fail(Errc::internal, "an unexpected failure in a change of the database")),
                     e.what());
  }
  if (session.failure()) return tl::unexpected(*session.failure());
  return {};
}

void GroupWriter::settle(std::span<Job* const> jobs, const Result<>& result) {
  const std::lock_guard lock(mutex_);
  for (Job* job : jobs) {
    job->result = result;
    job->state = State::done;
    job->moved.notify_one();  // under the lock: the job goes with its waiter
  }
}

void GroupWriter::fail_waiting(const Error& error) {
  const std::lock_guard lock(mutex_);
  for (Job* job : queue_) {
    job->result = tl::unexpected(error);
    job->state = State::done;
    job->moved.notify_one();
  }
  queue_.clear();
}

void GroupWriter::requeue(std::span<Job* const> jobs) {
  const std::lock_guard lock(mutex_);
  queue_.insert(queue_.begin(), jobs.begin(), jobs.end());
  for (Job* job : jobs) {
    job->state = State::queued;
    job->moved.notify_one();
  }
}

}  // namespace granary::db
