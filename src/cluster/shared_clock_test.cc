#include "cluster/shared_clock.h"

#include <gtest/gtest.h>

#include "base/testing/fake_clock.h"
#include "base/testing/test_context.h"
#include "db/testing/database_place.h"

namespace granary::cluster {
namespace {

using std::chrono::hours;
using std::chrono::milliseconds;
using std::chrono::seconds;

class SharedClockTest : public testing::Test {
 protected:
  std::shared_ptr<FakeClock> machine = std::make_shared<FakeClock>();
  SharedClock clock{machine};
  const SharedClock::Steady::time_point begin = SharedClock::Steady::now();
  const Time theirs = machine->now() + hours(3);
};

TEST_F(SharedClockTest, IsTheMachinesUntilItIsTold) {
  EXPECT_EQ(clock.now(), machine->now());
  machine->advance(hours(1));
  EXPECT_EQ(clock.now(), machine->now());
  EXPECT_EQ(clock.machine_ahead(), seconds(0));
}

TEST_F(SharedClockTest, NoStepOfTheMachinesClockTouchesIt) {
  clock.tell(theirs, begin, begin + milliseconds(10));
  EXPECT_EQ(clock.at(begin + milliseconds(5)), theirs);
  machine->advance(hours(2));
  EXPECT_EQ(clock.at(begin + seconds(20)), theirs + seconds(20) - milliseconds(5));
}

TEST_F(SharedClockTest, ASlowAnswerMovesNoTimeAndAnotherTimeDoes) {
  clock.tell(theirs, begin, begin + milliseconds(10));
  const auto before = clock.at(begin + seconds(10));
  clock.tell(theirs + seconds(9), begin + seconds(8), begin + seconds(12));
  EXPECT_EQ(clock.at(begin + seconds(10)), before);
  clock.tell(theirs + seconds(15), begin + seconds(8), begin + seconds(12));
  EXPECT_EQ(clock.at(begin + seconds(10)), theirs + seconds(15));
}

class FollowTest : public testing::TestWithParam<db::testing::Kind> {};

TEST_P(FollowTest, IsTheTimeOfAServerAndNotThatOfAFile) {
  const auto place = db::testing::make_place(GetParam());
  if (!place) return;
  const auto opened = place->open();
  ASSERT_TRUE(opened);
  const auto machine = std::make_shared<FakeClock>();
  SharedClock clock(machine);
  ASSERT_TRUE(follow(**opened, test_context(), clock));
  if ((*opened)->dialect() == db::Dialect::sqlite) {
    EXPECT_EQ(clock.now(), machine->now());
  } else {
    EXPECT_LT(std::chrono::abs(clock.now() - SystemClock().now()), seconds(30));
    EXPECT_LT(clock.machine_ahead(), seconds(0));
  }
}

INSTANTIATE_TEST_SUITE_P(Databases, FollowTest, testing::ValuesIn(db::testing::kEveryKind),
                         db::testing::name_of_parameter);

}  // namespace
}  // namespace granary::cluster
