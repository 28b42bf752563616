#pragma once
/// What every Queue does. Instantiate QueueSuite with kinds of database.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/testing/fake_clock.h"
#include "base/testing/test_context.h"
#include "db/testing/database_place.h"
#include "jobs/queue.h"

namespace granary::jobs::testing {

using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::seconds;

class QueueSuite : public ::testing::TestWithParam<db::testing::Kind> {
 protected:
  void SetUp() override {
    place = db::testing::make_place(GetParam());
    if (!place) return;
    auto opened = place->open();
    ASSERT_TRUE(opened) << opened.error().message();
    database = *opened;
    ASSERT_TRUE(database->migrate(ctx, migrations()));
    clock = std::make_shared<FakeClock>();
    queue = make_queue(database, clock, {.first = minutes(1), .longest = minutes(4)});
  }

  std::int64_t submit(JobSpec spec) {
    const auto id = queue->submit(ctx, spec);
    EXPECT_TRUE(id) << id.error().message() << ::testing::PrintToString(id.error().notes());
    return id.value_or(0);
  }
  std::optional<Job> lease(std::string_view worker = "a", std::vector<std::string> of = {"work"}) {
    const auto job = queue->lease(ctx, worker, of, kTtl);
    EXPECT_TRUE(job) << job.error().message() << ::testing::PrintToString(job.error().notes());
    return job ? *job : std::nullopt;
  }
  State finish(const Job& job, Ending ending = Ending::done, const Result<>& outcome = {}) {
    const auto state = queue->finish(ctx, job.lease(), ending, outcome, {});
    EXPECT_TRUE(state) << state.error().message();
    return state.value_or(State::waiting);
  }
  Job get(std::int64_t id) { return queue->get(ctx, id).value_or(Job{}); }
  static Result<> broken() { return fail(Errc::unavailable, "the mirror is down", "try later"); }

  static constexpr auto kTtl = seconds(60);
  const Context ctx = test_context();
  std::unique_ptr<db::testing::DatabasePlace> place;
  std::shared_ptr<db::Database> database;
  std::shared_ptr<FakeClock> clock;
  std::unique_ptr<Queue> queue;
};

TEST_P(QueueSuite, AJobIsLeasedOnceAndKeepsWhatWasSubmitted) {
  const auto id = submit({.kind = "work", .arguments = R"({"a":1})", .key = "k", .source = 7, .priority = 3});
  const auto job = lease("node-1");
  ASSERT_TRUE(job);
  EXPECT_EQ(job->id, id);
  EXPECT_EQ(job->spec.arguments, R"({"a":1})");
  EXPECT_EQ(job->spec.key, "k");
  EXPECT_EQ(job->spec.source, 7);
  EXPECT_EQ(job->spec.priority, 3);
  EXPECT_EQ(job->state, State::running);
  EXPECT_EQ(job->attempt, 1);
  EXPECT_EQ(job->worker, "node-1");
  EXPECT_EQ(job->started_at, clock->now());
  EXPECT_FALSE(lease());
  EXPECT_EQ(finish(*job), State::succeeded);
  EXPECT_EQ(get(id).finished_at, clock->now());
  EXPECT_FALSE(lease());
}

TEST_P(QueueSuite, TheMostUrgentIsFirstThenTheOldest) {
  const auto first = submit({.kind = "work"});
  const auto second = submit({.kind = "work"});
  const auto urgent = submit({.kind = "work", .priority = 1});
  EXPECT_EQ(lease()->id, urgent);
  EXPECT_EQ(lease()->id, first);
  EXPECT_EQ(lease()->id, second);
}

TEST_P(QueueSuite, AKindThatNobodyAskedForIsNotLeased) {
  submit({.kind = "work-more"});
  EXPECT_FALSE(lease("a", {"work", "more"}));
  EXPECT_TRUE(lease("a", {"work", "work-more"}));
}

TEST_P(QueueSuite, AJobIsNotLeasedBeforeItsTime) {
  submit({.kind = "work", .not_before = clock->now() + seconds(10)});
  EXPECT_FALSE(lease());
  clock->advance(seconds(10));
  EXPECT_TRUE(lease());
}

TEST_P(QueueSuite, TheSameKindAndKeyIsOneJobUntilItIsOver) {
  const JobSpec spec{.kind = "work", .key = "source:1"};
  const auto id = submit(spec);
  EXPECT_EQ(submit(spec), id);
  EXPECT_NE(submit({.kind = "work", .key = "source:2", .not_before = clock->now() + hours(1)}), id);
  EXPECT_NE(submit({.kind = "other", .key = "source:1"}), id);
  const auto job = lease();
  ASSERT_EQ(job->id, id);
  EXPECT_EQ(submit(spec), id) << "also while it runs";
  finish(*job);
  EXPECT_NE(submit(spec), id);
}

TEST_P(QueueSuite, WhoSubmitsAgainForNowDoesNotWaitForALaterTurn) {
  const auto id = submit({.kind = "work", .key = "k", .not_before = clock->now() + hours(1)});
  EXPECT_FALSE(lease());
  EXPECT_EQ(submit({.kind = "work", .key = "k", .priority = 2}), id);
  const auto job = lease();
  ASSERT_TRUE(job);
  EXPECT_EQ(job->spec.priority, 2);
}

TEST_P(QueueSuite, AResultIsThatOfTheLastTurn) {
  const auto id = submit({.kind = "work"});
  Report report;
  report.result = R"({"n":1})";
  const auto first = lease();
  ASSERT_TRUE(queue->renew(ctx, first->lease(), kTtl, report));
  ASSERT_TRUE(queue->renew(ctx, first->lease(), kTtl, {}));
  EXPECT_EQ(get(id).result, R"({"n":1})");
  finish(*first, Ending::done, broken());
  clock->advance(seconds(60));
  const auto second = lease();
  ASSERT_TRUE(second);
  EXPECT_EQ(second->result, "");
  report.result = R"({"n":2})";
  ASSERT_TRUE(queue->finish(ctx, second->lease(), Ending::done, {}, report));
  EXPECT_EQ(get(id).result, R"({"n":2})");
}

TEST_P(QueueSuite, AFailedJobIsTriedAgainLaterAndLaterUntilItsAttemptsAreUsedUp) {
  const auto id = submit({.kind = "work", .max_attempts = 3});
  EXPECT_EQ(finish(*lease(), Ending::done, broken()), State::waiting);
  EXPECT_EQ(get(id).error, "the mirror is down; try later");
  EXPECT_TRUE(waits_to_retry(get(id)));
  EXPECT_FALSE(lease());
  clock->advance(seconds(29));
  EXPECT_FALSE(lease()) << "at least half of the delay";
  clock->advance(seconds(31));
  EXPECT_EQ(finish(*lease(), Ending::done, broken()), State::waiting);
  clock->advance(seconds(59));
  EXPECT_FALSE(lease());
  clock->advance(seconds(61));
  const auto last = lease();
  EXPECT_EQ(last->attempt, 3);
  EXPECT_EQ(finish(*last, Ending::done, broken()), State::failed);
  clock->advance(hours(10));
  EXPECT_FALSE(lease());
}

TEST_P(QueueSuite, AnErrorThatTryingAgainCannotHelpFailsAtOnce) {
  submit({.kind = "work"});
  EXPECT_EQ(finish(*lease(), Ending::done, fail(Errc::not_found, "no source named 'x'")), State::failed);
}

TEST_P(QueueSuite, AReturnedJobWaitsAgainAndTheAttemptDoesNotCount) {
  submit({.kind = "work", .max_attempts = 1});
  EXPECT_EQ(finish(*lease("a"), Ending::returned), State::waiting);
  const auto again = lease("b");
  ASSERT_TRUE(again);
  EXPECT_EQ(again->attempt, 1);
  EXPECT_EQ(again->worker, "b");
}

TEST_P(QueueSuite, AJobWhoseStoreIsAwayWaitsLongerAndLongerAndTheAttemptsDoNotCount) {
  const auto id = submit({.kind = "work", .max_attempts = 1});
  for (int turn = 0; turn < 30; ++turn) {  // two hours
    ASSERT_EQ(finish(*lease(), Ending::away, broken()), State::waiting);
    EXPECT_FALSE(lease()) << "not at once";
    EXPECT_TRUE(waits_to_retry(get(id)));
    clock->advance(turn < 4 ? minutes(1) : minutes(4));
  }
  const auto last = lease();
  ASSERT_TRUE(last);
  EXPECT_EQ(last->attempt, 1);
  EXPECT_EQ(finish(*last, Ending::done), State::succeeded);
}

TEST_P(QueueSuite, WhatANodeIsUnableToDoIsLeftToOthersAndTheAttemptDoesNotCount) {
  const auto id = submit({.kind = "work", .source = 7, .max_attempts = 1});
  const auto other = submit({.kind = "work", .source = 71});
  EXPECT_EQ(finish(*lease("a"), Ending::unable, fail(Errc::unsupported, "node a: no R")), State::waiting);
  EXPECT_EQ(get(id).error, "left to another node: node a: no R");
  EXPECT_FALSE(waits_to_retry(get(id))) << "somebody may be about to take it";
  const std::vector<std::string> kinds = {"work"};
  const std::vector<KindOfSource> except = {{"work", 7}, {"other", 71}};
  EXPECT_EQ(queue->lease(ctx, "a", kinds, kTtl, except).value()->id, other);
  EXPECT_FALSE(queue->lease(ctx, "a", kinds, kTtl, except).value());
  const auto again = lease("b");
  ASSERT_TRUE(again) << "at once";
  EXPECT_EQ(again->id, id);
  EXPECT_EQ(again->attempt, 1);
  clock->advance(seconds(10));
  EXPECT_EQ(finish(*again, Ending::unable, fail(Errc::unsupported, "node b: no R")), State::waiting);
  EXPECT_EQ(get(id).error, "node b: no R");
  EXPECT_TRUE(waits_to_retry(get(id))) << "nobody has taken it";
  EXPECT_EQ(finish(*lease("c")), State::succeeded);
}

TEST_P(QueueSuite, ARenewedLeaseHolds) {
  submit({.kind = "work"});
  const auto job = lease("a");
  clock->advance(kTtl - seconds(1));
  EXPECT_EQ(queue->renew(ctx, job->lease(), kTtl, {}).value_or(true), false);
  clock->advance(kTtl - seconds(1));
  EXPECT_FALSE(lease("b"));
  clock->advance(seconds(1));
  EXPECT_TRUE(lease("b"));
}

TEST_P(QueueSuite, ALostLeaseCanNeitherRenewNorFinish) {
  const auto id = submit({.kind = "work"});
  const auto mine = lease("a");
  clock->advance(kTtl);
  const auto theirs = lease("b");
  ASSERT_EQ(theirs->id, id);
  EXPECT_EQ(theirs->attempt, 2);
  EXPECT_EQ(queue->renew(ctx, mine->lease(), kTtl, {}).error().code(), Errc::conflict);
  EXPECT_EQ(queue->finish(ctx, mine->lease(), Ending::done, {}, {}).error().code(), Errc::conflict);
  EXPECT_EQ(get(id).worker, "b");
  EXPECT_EQ(finish(*theirs), State::succeeded);
  EXPECT_EQ(queue->finish(ctx, theirs->lease(), Ending::done, {}, {}).error().code(), Errc::conflict);
}

TEST_P(QueueSuite, AJobThatKillsItsNodeEveryTimeFailsInTheEnd) {
  const auto id = submit({.kind = "work", .max_attempts = 2});
  for (int i = 0; i < 2; ++i) {
    ASSERT_TRUE(lease());
    clock->advance(kTtl);
  }
  EXPECT_FALSE(lease());
  EXPECT_EQ(get(id).state, State::failed);
}

TEST_P(QueueSuite, AWaitingJobIsCancelledAtOnce) {
  const auto id = submit({.kind = "work", .key = "k"});
  EXPECT_EQ(queue->cancel(ctx, id).value_or(State::failed), State::cancelled);
  EXPECT_FALSE(lease());
  EXPECT_NE(submit({.kind = "work", .key = "k"}), id);
  EXPECT_EQ(queue->cancel(ctx, id).error().code(), Errc::conflict);
  EXPECT_EQ(queue->cancel(ctx, 4711).error().code(), Errc::not_found);
}

TEST_P(QueueSuite, ARunningJobLearnsOfItsCancellationAtTheNextRenewal) {
  const auto id = submit({.kind = "work"});
  const auto job = lease();
  EXPECT_EQ(queue->cancel(ctx, id).value_or(State::failed), State::running);
  EXPECT_EQ(queue->renew(ctx, job->lease(), kTtl, {}).value_or(false), true);
  EXPECT_EQ(finish(*job, Ending::cancelled, fail(Errc::cancelled, "cancelled")), State::cancelled);
}

TEST_P(QueueSuite, ACancelledJobWhoseNodeDiesIsNotTakenOver) {
  const auto id = submit({.kind = "work"});
  lease();
  ASSERT_TRUE(queue->cancel(ctx, id));
  clock->advance(kTtl);
  EXPECT_FALSE(lease("b"));
  EXPECT_EQ(get(id).state, State::cancelled);
}

TEST_P(QueueSuite, ProgressAndLinesAreKeptInOrderAndBounded) {
  const auto id = submit({.kind = "work"});
  const auto job = lease();
  Report report{Progress{1, 2, "half"}, {}};
  for (int i = 0; i < 700; ++i) report.lines.push_back({0, clock->now(), "info", std::to_string(i)});
  ASSERT_TRUE(queue->renew(ctx, job->lease(), kTtl, report));
  EXPECT_EQ(get(id).progress.message, "half");
  for (auto& line : report.lines) line.text = "two\nlines \xff" + std::string(3000, 'x');
  ASSERT_TRUE(queue->finish(ctx, job->lease(), Ending::done, {}, report));
  const auto lines = queue->log(ctx, id, 0, 5000).value_or(std::vector<LogLine>{});
  ASSERT_EQ(lines.size(), static_cast<std::size_t>(kKeptLogLines));
  EXPECT_EQ(lines.front().number, 401);
  EXPECT_EQ(lines.front().text, "400");
  EXPECT_EQ(lines.back().number, 1400);
  EXPECT_EQ(lines.back().text.substr(0, 11), "two lines ?");
  EXPECT_EQ(lines.back().text.size(), kLongestLogLine);
  EXPECT_EQ(queue->log(ctx, id, 1399, 10).value_or(std::vector<LogLine>{}).size(), 1u);
}

TEST_P(QueueSuite, ListsAreFilteredAndPagedFromTheNewest) {
  const auto one = submit({.kind = "work", .source = 1});
  const auto two = submit({.kind = "other", .source = 2});
  const auto three = submit({.kind = "work", .source = 2});
  const auto ids = [&](const Filter& filter) {
    std::vector<std::int64_t> found;
    for (const auto& job : queue->list(ctx, filter).value_or(std::vector<Job>{})) found.push_back(job.id);
    return found;
  };
  using ::testing::ElementsAre;
  EXPECT_THAT(ids({}), ElementsAre(three, two, one));
  EXPECT_THAT(ids({.kind = "work"}), ElementsAre(three, one));
  EXPECT_THAT(ids({.source = 2}), ElementsAre(three, two));
  EXPECT_THAT(ids({.limit = 2}), ElementsAre(three, two));
  EXPECT_THAT(ids({.before = two, .limit = 2}), ElementsAre(one));
  lease();
  EXPECT_THAT(ids({.state = State::running}), ElementsAre(one));
  const auto counts = queue->counts(ctx).value_or(std::vector<Count>{});
  EXPECT_EQ(counts.size(), 3u);
}

TEST_P(QueueSuite, OldEndedJobsArePrunedWithTheirLines) {
  const auto old = submit({.kind = "work"});
  const auto job = lease();
  ASSERT_TRUE(queue->finish(ctx, job->lease(), Ending::done, {}, {{}, {{0, clock->now(), "info", "x"}}}));
  clock->advance(hours(2));
  const auto waits = submit({.kind = "work"});
  EXPECT_EQ(queue->prune(ctx, clock->now() - hours(3)).value_or(-1), 0);
  EXPECT_EQ(queue->prune(ctx, clock->now() - hours(1)).value_or(-1), 1);
  EXPECT_EQ(queue->get(ctx, old).error().code(), Errc::not_found);
  EXPECT_TRUE(queue->log(ctx, old, 0, 10).value_or(std::vector<LogLine>(1)).empty());
  EXPECT_EQ(get(waits).state, State::waiting);
}

TEST_P(QueueSuite, WhatNobodyCouldRunIsRefused) {
  EXPECT_EQ(queue->submit(ctx, {.kind = "No Kind"}).error().code(), Errc::invalid_argument);
  EXPECT_EQ(queue->submit(ctx, {.kind = "work", .arguments = std::string(100'000, ' ')}).error().code(),
            Errc::invalid_argument);
  EXPECT_EQ(queue->submit(ctx, {.kind = "work", .key = "\xff"}).error().code(), Errc::invalid_argument);
}

TEST_P(QueueSuite, EveryNodeHearsOfNewWork) {
  std::atomic<int> heard = 0;
  database->on_change([&](std::span<const std::int64_t> topics) {
    for (const auto topic : topics) heard += topic == kJobsTopic ? 1 : 0;
  });
  submit({.kind = "work"});
  EXPECT_EQ(heard, 1);
}

}  // namespace granary::jobs::testing
