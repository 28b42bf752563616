#include "jobs/runner.h"

#include <gtest/gtest.h>

#include <atomic>

#include "base/testing/eventually.h"
#include "base/testing/fake_clock.h"
#include "base/testing/test_context.h"
#include "db/open.h"

namespace granary::jobs {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

/// Runs what the test gives it.
class Scripted final : public Handler {
 public:
  using Work = std::function<Result<>(const Context&, Turn&)>;
  explicit Scripted(Work work) : work_(std::move(work)) {}
  std::string_view kind() const noexcept override { return "work"; }
  Result<> run(const Context& ctx, Turn& turn) override { return work_(ctx, turn); }

 private:
  Work work_;
};

/// Waits until the context says stop, as a long job does.
Result<> until_stopped(const Context& ctx) {
  std::mutex mutex;
  std::condition_variable_any never;
  std::unique_lock lock(mutex);
  never.wait(lock, ctx.stop(), [] { return false; });
  return ctx.check();
}

/// The end of a turn is stored for some time before its node hears of that.
class LateAnswer final : public Queue {
 public:
  explicit LateAnswer(std::shared_ptr<Queue> inner) : inner_(std::move(inner)) {}
  Result<State> finish(const Context& ctx, const Lease& lease, Ending ending, const Result<>& outcome,
                       const Report& report) override {
    const auto state = inner_->finish(ctx, lease, ending, outcome, report);
    std::this_thread::sleep_for(milliseconds(100));
    return state;
  }
  Result<std::int64_t> submit(const Context& ctx, const JobSpec& spec) override {
    return inner_->submit(ctx, spec);
  }
  Result<std::optional<Job>> lease(const Context& ctx, std::string_view worker,
                                   std::span<const std::string> kinds, milliseconds ttl,
                                   std::span<const KindOfSource> except) override {
    return inner_->lease(ctx, worker, kinds, ttl, except);
  }
  Result<bool> renew(const Context& ctx, const Lease& lease, milliseconds ttl, const Report& r) override {
    return inner_->renew(ctx, lease, ttl, r);
  }
  Result<State> cancel(const Context& ctx, std::int64_t id) override { return inner_->cancel(ctx, id); }
  Result<std::int64_t> prune(const Context& ctx, Time before) override { return inner_->prune(ctx, before); }
  Result<std::vector<Job>> list(const Context& ctx, const Filter& filter) override {
    return inner_->list(ctx, filter);
  }
  Result<Job> get(const Context& ctx, std::int64_t id) override { return inner_->get(ctx, id); }
  Result<std::vector<LogLine>> log(const Context& ctx, std::int64_t id, std::int64_t after,
                                   std::int64_t limit) override {
    return inner_->log(ctx, id, after, limit);
  }
  Result<std::vector<Count>> counts(const Context& ctx) override { return inner_->counts(ctx); }

 private:
  std::shared_ptr<Queue> inner_;
};

class RunnerTest : public ::testing::Test {
 protected:
  RunnerTest() {
    database = *db::open_sqlite({.path = ":memory:"}, {});
    EXPECT_TRUE(database->migrate(ctx, migrations()));
    queue = make_queue(database, clock);
    schedules = std::make_shared<Schedules>(database, clock);
  }
  std::shared_ptr<Runner> start(std::string name, Scripted::Work work, RunnerOptions options = {}) {
    options.worker = std::move(name);
    options.poll = options.report = milliseconds(10);
    std::vector<std::unique_ptr<Handler>> handlers;
    handlers.push_back(std::make_unique<Scripted>(std::move(work)));
    auto runner = std::make_shared<Runner>(RunnerParts{queue, schedules, clock, nullptr, &metrics, away},
                                           options, std::move(handlers));
    database->on_change(runner->listener());
    runner->start();
    return runner;
  }
  std::int64_t submit(JobSpec spec = {.kind = "work"}) { return queue->submit(ctx, spec).value_or(0); }
  bool reaches(std::int64_t id, State state) {
    return eventually([&] { return queue->get(ctx, id).value_or(Job{}).state == state; });
  }

  const Context ctx = test_context();
  std::function<bool(const Context&)> away;
  Metrics metrics;
  std::shared_ptr<FakeClock> clock = std::make_shared<FakeClock>();
  std::shared_ptr<db::Database> database;
  std::shared_ptr<Queue> queue;
  std::shared_ptr<Schedules> schedules;
};

TEST_F(RunnerTest, RunsWhatIsSubmittedAndKeepsProgressAndLog) {
  const auto runner = start("a", [](const Context& c, Turn& turn) -> Result<> {
    turn.progress(2, 3, "nearly");
    c.log().info("half way", {{"arguments", turn.job().spec.arguments}});
    c.log().debug("not kept");
    return {};
  });
  const auto id = submit({.kind = "work", .arguments = R"({"x":1})"});
  ASSERT_TRUE(reaches(id, State::succeeded));
  const auto job = queue->get(ctx, id).value_or(Job{});
  EXPECT_EQ(job.worker, "a");
  EXPECT_EQ(job.progress.done, 2);
  EXPECT_EQ(job.progress.message, "nearly");
  const auto lines = queue->log(ctx, id, 0, 10).value_or(std::vector<LogLine>{});
  ASSERT_EQ(lines.size(), 2u);
  EXPECT_EQ(lines[1].text, R"(half way arguments={"x":1})");
  EXPECT_TRUE(
      eventually([&] { return metrics.render().find("granary_job_seconds_count") != std::string::npos; }));
}

TEST_F(RunnerTest, ProgressIsSeenWhileTheJobRuns) {
  const auto runner = start("a", [](const Context& c, Turn& turn) {
    turn.progress(1, 2, "half");
    return until_stopped(c);
  });
  const auto id = submit();
  EXPECT_TRUE(eventually([&] { return queue->get(ctx, id).value_or(Job{}).progress.done == 1; }));
}

TEST_F(RunnerTest, AJobWhoseLeaseRanOutWhileItRunsHereDoesNotRunTwiceAtOnce) {
  std::atomic<int> turns = 0, inside = 0, most = 0;
  const auto runner = start("a",
                            [&](const Context&, Turn& turn) -> Result<> {
                              most = std::max(most.load(), ++inside);
                              if (++turns == 1) {
                                // A long write keeps the lease from being renewed.
                                EXPECT_TRUE(database->write(ctx, [](db::WriteSession&) -> Result<> {
                                  std::this_thread::sleep_for(seconds(1));
                                  return {};
                                }));
                                EXPECT_TRUE(eventually([&] {
                                  const auto now = queue->get(ctx, turn.job().id);
                                  if (now && now->state == State::waiting) return true;
                                  clock->advance(seconds(2));
                                  return false;
                                }));
                              }
                              --inside;
                              return {};
                            },
                            {.lease = seconds(1)});
  const auto id = submit();
  ASSERT_TRUE(eventually([&] { return turns == 1 && inside == 0; }));
  EXPECT_TRUE(eventually([&] {
    const auto job = queue->get(ctx, id).value_or(Job{});
    // Put off once more when the first turn had ended and its worker had not yet said so.
    if (job.state == State::waiting && job.spec.not_before > clock->now()) clock->set(job.spec.not_before);
    return job.state == State::succeeded;
  }));
  EXPECT_EQ(most, 1);
  EXPECT_EQ(turns, 2);
}

TEST_F(RunnerTest, WhatIsDueWhenItsTurnHasJustEndedIsNotPutOff) {
  queue = std::make_shared<LateAnswer>(queue);
  std::atomic<int> turns = 0;
  const auto runner = start("a", [&](const Context&, Turn&) -> Result<> {
    if (++turns == 1) return fail(Errc::unavailable, "upstream does not answer");
    return {};
  });
  const auto id = submit({.kind = "work", .max_attempts = 2});
  ASSERT_TRUE(eventually([&] { return turns == 1; }));
  ASSERT_TRUE(reaches(id, State::waiting));
  clock->advance(std::chrono::minutes(5));
  EXPECT_TRUE(reaches(id, State::succeeded));
}

TEST_F(RunnerTest, AfterALongOutageOfTheStoreAJobRunsThatHadFailedAllTheTime) {
  std::atomic<bool> is_away = true;
  std::atomic<int> turns = 0;
  away = [&](const Context&) { return is_away.load(); };
  const auto runner = start("a", [&](const Context&, Turn&) -> Result<> {
    ++turns;
    if (is_away) return fail(Errc::unavailable, "the object store did not answer in time");
    return {};
  });
  const auto id = submit({.kind = "work", .max_attempts = 2});
  for (int turn = 1; turn <= 10; ++turn) {
    ASSERT_TRUE(eventually([&] { return turns >= turn; })) << turn;
    ASSERT_TRUE(reaches(id, State::waiting));
    EXPECT_EQ(queue->get(ctx, id)->attempt, 0);
    clock->advance(std::chrono::minutes(5));
  }
  is_away = false;
  clock->advance(std::chrono::minutes(5));
  EXPECT_TRUE(reaches(id, State::succeeded));
}

TEST_F(RunnerTest, AFailureWhileTheStoreAnswersCounts) {
  away = [](const Context&) { return false; };
  const auto runner = start("a", [](const Context&, Turn&) -> Result<> {
    return fail(Errc::unavailable, "upstream does not answer");
  });
  const auto id = submit({.kind = "work", .max_attempts = 1});
  EXPECT_TRUE(reaches(id, State::failed));
}

TEST_F(RunnerTest, WhatANodeCannotDoIsDoneByAnotherAndTheNodeTakesTheRest) {
  std::atomic<int> refused = 0;
  // One worker: another that is asking for a job at that moment may get this one, and refuse it too.
  const auto lacks = start("lacks",
                           [&](const Context&, Turn& turn) -> Result<> {
                             if (turn.job().spec.source != 7) return {};
                             ++refused;
                             turn.unable();
                             return fail(Errc::unsupported, "node lacks: no R");
                           },
                           {.workers = 1, .first_unable = seconds(60)});
  const auto id = submit({.kind = "work", .source = 7, .max_attempts = 1});
  ASSERT_TRUE(eventually([&] { return refused == 1; }));
  EXPECT_TRUE(reaches(submit({.kind = "work", .source = 8}), State::succeeded));
  EXPECT_EQ(refused, 1) << "it is left to others for a while";
  EXPECT_EQ(queue->get(ctx, id)->state, State::waiting);
  const auto has = start("has", [](const Context&, Turn&) { return Result<>(); });
  ASSERT_TRUE(reaches(id, State::succeeded));
  EXPECT_EQ(queue->get(ctx, id)->worker, "has");
}

TEST_F(RunnerTest, WhatNoNodeCanDoIsTriedNowAndThen) {
  std::atomic<int> turns = 0;
  const auto runner = start("a",
                            [&](const Context&, Turn& turn) -> Result<> {
                              if (++turns == 4) return {};
                              turn.unable();
                              return fail(Errc::unsupported, "node a: no R");
                            },
                            {.first_unable = milliseconds(5), .longest_unable = milliseconds(20)});
  EXPECT_TRUE(reaches(submit({.kind = "work", .max_attempts = 1}), State::succeeded));
  EXPECT_EQ(turns, 4);
}

TEST_F(RunnerTest, NoMoreJobsRunAtATimeThanThereAreWorkers) {
  std::atomic<int> now = 0, most = 0, done = 0;
  const auto runner =
      start("a",
            [&](const Context&, Turn&) -> Result<> {
              const int running = ++now;
              for (int seen = most; seen < running && !most.compare_exchange_weak(seen, running);) {
              }
              std::this_thread::yield();
              --now;
              ++done;
              return {};
            },
            {.workers = 2});
  for (int i = 0; i < 20; ++i) submit();
  EXPECT_TRUE(eventually([&] { return done == 20; }));
  EXPECT_LE(most, 2);
}

class Hours final : public Handler {
 public:
  std::string_view kind() const noexcept override { return "hours"; }
  bool takes_long() const noexcept override { return true; }
  Result<> run(const Context& ctx, Turn&) override { return until_stopped(ctx); }
};

class LongRunnerTest : public RunnerTest {
 protected:
  /// Not started yet.
  std::shared_ptr<Runner> with_workers(unsigned workers) {
    std::vector<std::unique_ptr<Handler>> handlers;
    handlers.push_back(std::make_unique<Hours>());
    handlers.push_back(std::make_unique<Scripted>([](const Context&, Turn&) { return Result<>(); }));
    RunnerOptions options;
    options.worker = "a";
    options.workers = workers;
    options.lease = std::chrono::hours(9);
    options.poll = options.report = milliseconds(10);
    auto runner = std::make_shared<Runner>(RunnerParts{queue, schedules, clock, nullptr, &metrics}, options,
                                           std::move(handlers));
    database->on_change(runner->listener());
    return runner;
  }
};

TEST_F(LongRunnerTest, JobsThatTakeLongLeaveAWorkerToTheOthers) {
  const auto runner = with_workers(2);
  const auto first = submit({.kind = "hours"}), second = submit({.kind = "hours"});
  runner->start();
  ASSERT_TRUE(reaches(first, State::running));
  for (int i = 0; i < 5; ++i) EXPECT_TRUE(reaches(submit(), State::succeeded));
  EXPECT_EQ(queue->get(ctx, second)->state, State::waiting);
  ASSERT_TRUE(queue->cancel(ctx, first));
  EXPECT_TRUE(reaches(second, State::running)) << "when the first one has ended";
}

TEST_F(LongRunnerTest, AnOnlyWorkerRunsThemToo) {
  const auto runner = with_workers(1);
  runner->start();
  const auto hours = submit({.kind = "hours"});
  ASSERT_TRUE(reaches(hours, State::running));
  const auto after = submit();
  ASSERT_TRUE(queue->cancel(ctx, hours));
  EXPECT_TRUE(reaches(after, State::succeeded));
}

TEST_F(LongRunnerTest, OneOfAScheduleWaitsOnceForAnother) {
  const auto runner = with_workers(2);
  ASSERT_TRUE(schedules->define(ctx, {"hourly", "@hourly", {.kind = "hours", .key = "scheduled"}}));
  const auto busy = submit({.kind = "hours", .key = "other"});
  runner->start();
  ASSERT_TRUE(reaches(busy, State::running));
  const auto entry = [&] { return schedules->list(ctx).value().at(0); };
  clock->advance(std::chrono::hours(1));
  ASSERT_TRUE(eventually([&] { return entry().last_job != 0; }));
  const auto waits = entry().last_job;
  const auto next = entry().next_at;
  clock->advance(std::chrono::hours(1));
  ASSERT_TRUE(eventually([&] { return entry().next_at != next; }));
  EXPECT_EQ(entry().last_job, waits) << "the next time finds it waiting";
  EXPECT_EQ(queue->get(ctx, waits)->state, State::waiting);
  ASSERT_TRUE(queue->cancel(ctx, busy));
  EXPECT_TRUE(reaches(waits, State::running));
}

TEST_F(RunnerTest, AFailedJobIsTriedAgainByTheClock) {
  std::atomic<int> attempts = 0;
  const auto runner = start("a", [&](const Context&, Turn&) -> Result<> {
    if (++attempts == 1) return fail(Errc::unavailable, "the mirror is down");
    return {};
  });
  const auto id = submit();
  ASSERT_TRUE(eventually([&] { return queue->get(ctx, id).value_or(Job{}).error == "the mirror is down"; }));
  clock->advance(std::chrono::minutes(1));
  EXPECT_TRUE(reaches(id, State::succeeded));
  EXPECT_EQ(attempts, 2);
}

TEST_F(RunnerTest, AnExceptionIsAFailureOfTheJobAlone) {
  const auto runner = start("a", [](const Context&, Turn& turn) -> Result<> {
    if (turn.job().spec.source == 1) throw std::runtime_error("oops");
    return {};
  });
  const auto bad = submit({.kind = "work", .source = 1, .max_attempts = 1});
  EXPECT_TRUE(reaches(bad, State::failed));
  EXPECT_TRUE(reaches(submit(), State::succeeded));
}

TEST_F(RunnerTest, ACancelledJobStopsAtOnce) {
  const auto runner = start("a", [](const Context& c, Turn&) { return until_stopped(c); });
  const auto id = submit();
  ASSERT_TRUE(reaches(id, State::running));
  ASSERT_TRUE(queue->cancel(ctx, id));
  EXPECT_TRUE(reaches(id, State::cancelled));
}

TEST_F(RunnerTest, ADrainedRunnersJobGoesBackAndAnotherNodeRunsItAsTheSameAttempt) {
  const auto first = start("a", [](const Context& c, Turn&) { return until_stopped(c); });
  const auto id = submit({.kind = "work", .max_attempts = 1});
  ASSERT_TRUE(reaches(id, State::running));
  EXPECT_TRUE(first->drain(seconds(10)));
  EXPECT_TRUE(first->idle());
  EXPECT_EQ(queue->get(ctx, id).value_or(Job{}).state, State::waiting);
  const auto second = start("b", [](const Context&, Turn&) { return Result<>(); });
  ASSERT_TRUE(reaches(id, State::succeeded));
  EXPECT_EQ(queue->get(ctx, id).value_or(Job{}).worker, "b");
}

TEST_F(RunnerTest, APausedRunnerTakesNothingUntilItIsResumed) {
  std::atomic<int> ran = 0;
  const auto runner = start("a", [&](const Context&, Turn&) -> Result<> {
    ++ran;
    return {};
  });
  ASSERT_TRUE(runner->drain(seconds(10)));
  const auto id = submit();
  const auto other = start("b", [](const Context&, Turn&) { return Result<>(); });
  ASSERT_TRUE(reaches(id, State::succeeded));
  EXPECT_EQ(ran, 0);
  ASSERT_TRUE(other->drain(seconds(10)));
  runner->resume();
  EXPECT_TRUE(reaches(submit(), State::succeeded));
  EXPECT_EQ(ran, 1);
}

TEST_F(RunnerTest, TheJobOfANodeThatDiedIsTakenOver) {
  const auto id = submit();
  const std::vector<std::string> kinds = {"work"};
  ASSERT_TRUE(queue->lease(ctx, "dead", kinds, seconds(60)));
  const auto runner = start("b", [](const Context&, Turn&) { return Result<>(); });
  clock->advance(seconds(59));
  EXPECT_TRUE(reaches(submit(), State::succeeded)) << "it looked";
  EXPECT_EQ(queue->get(ctx, id).value_or(Job{}).state, State::running);
  clock->advance(seconds(1));
  EXPECT_TRUE(reaches(id, State::succeeded));
  EXPECT_EQ(queue->get(ctx, id).value_or(Job{}).worker, "b");
}

TEST_F(RunnerTest, WhoseLeaseIsLostStopsAndDoesNotFinish) {
  std::atomic<int> stopped = 0;
  const auto slow = start("slow",
                          [&](const Context& c, Turn&) {
                            auto outcome = until_stopped(c);
                            ++stopped;
                            return outcome;
                          },
                          {.workers = 1});  // a second one might take the job back
  const auto id = submit();
  ASSERT_TRUE(reaches(id, State::running));
  // As if the process had been asleep: another node finds the lease run out. Not at once when what the job
  // has just logged is stored in between, which renews it.
  const std::vector<std::string> kinds = {"work"};
  ASSERT_TRUE(eventually([&] {
    clock->advance(std::chrono::hours(1));
    const auto taken = queue->lease(ctx, "quick", kinds, std::chrono::hours(9));
    return taken && *taken;
  }));
  ASSERT_TRUE(queue->cancel(ctx, id));  // wakes who renews
  EXPECT_TRUE(eventually([&] { return stopped == 1; }));
  EXPECT_TRUE(eventually([&] { return slow->idle(); }));
  const auto job = queue->get(ctx, id).value_or(Job{});
  EXPECT_EQ(job.worker, "quick");
  EXPECT_EQ(job.state, State::running);
}

TEST_F(RunnerTest, AScheduleFiresOnceWithTwoRunners) {
  std::atomic<int> ran = 0;
  const auto count = [&](const Context&, Turn&) -> Result<> {
    ++ran;
    return {};
  };
  ASSERT_TRUE(schedules->define(ctx, {"hourly", "@hourly", {.kind = "work"}}));
  const auto a = start("a", count);
  const auto b = start("b", count);
  for (int hour = 1; hour <= 3; ++hour) {
    clock->advance(std::chrono::hours(1));
    // Not only run: the next hour ends every lease, also that of a turn whose end is not stored yet.
    const auto succeeded = [&] { return queue->list(ctx, {.state = State::succeeded})->size(); };
    EXPECT_TRUE(eventually([&] { return succeeded() == static_cast<std::size_t>(hour); }));
    EXPECT_EQ(ran, hour);
  }
  EXPECT_EQ(queue->list(ctx, {}).value_or(std::vector<Job>{}).size(), 3u);
}

}  // namespace
}  // namespace granary::jobs
