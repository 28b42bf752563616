#include "db/postgres/outage.h"

#include <gtest/gtest.h>
#include <poll.h>

namespace granary::db {
namespace {

using std::chrono::milliseconds;

TEST(Outage, OneAtATimeTriesAndTheOthersAreToldAtOnce) {
  const auto start = Context::Clock::now();
  Outage outage;
  EXPECT_TRUE(outage.may_try(start) && outage.may_try(start));  // nobody knows yet
  outage.tried(false, start);
  EXPECT_FALSE(outage.may_try(start + milliseconds(50)));
  EXPECT_TRUE(outage.may_try(start + milliseconds(300)));
  EXPECT_FALSE(outage.may_try(start + milliseconds(5'000)));  // that one has no answer yet
  outage.tried(false, start + milliseconds(10'000));
  EXPECT_FALSE(outage.may_try(start + milliseconds(10'100)));
  EXPECT_TRUE(outage.may_try(start + milliseconds(10'300)));
}

TEST(Outage, IsOverForAllOnceOneHasReachedTheServer) {
  const auto start = Context::Clock::now();
  Outage outage;
  outage.tried(false, start);
  ASSERT_TRUE(outage.may_try(start + milliseconds(300)));
  outage.tried(true, start + milliseconds(301));
  EXPECT_TRUE(outage.may_try(start + milliseconds(302)) && outage.may_try(start + milliseconds(302)));
}

TEST(Outage, ThoseWhoAreToldAtOnceHearWhatTheOneWhoTriedHeard) {
  const auto start = Context::Clock::now();
  Outage outage;
  EXPECT_FALSE(outage.why());
  outage.tried(false, start, Error(Errc::unavailable, "refused", "look", __FILE__, __LINE__));
  ASSERT_TRUE(outage.why());
  EXPECT_EQ(outage.why()->message(), "refused");
  outage.lost(true, start);
  EXPECT_FALSE(outage.why()) << "it is another trouble now";
  outage.over();
  outage.tried(true, start);
  EXPECT_FALSE(outage.why());
}

TEST(Outage, IsOverForReadersOnceAWriteWentThrough) {
  const auto start = Context::Clock::now();
  Outage outage;
  outage.tried(false, start);
  outage.over();
  EXPECT_TRUE(outage.may_try(start));
}

TEST(Outage, NobodyTriesAServerThatIsSilentUntilItAnswersOrRefuses) {
  const auto start = Context::Clock::now();
  Outage outage;
  const auto told = [&] {
    pollfd fd{.fd = outage.told_fd(), .events = POLLIN, .revents = 0};
    return ::poll(&fd, 1, 0) == 1;
  };
  EXPECT_FALSE(told());
  for (int turn = 0; turn < 2; ++turn) {
    outage.lost(true, start);
    outage.lost(true, start);
    EXPECT_TRUE(told() && outage.is_silent());
    EXPECT_FALSE(outage.may_try(start + milliseconds(60'000)));
    if (turn == 0) outage.over();
  }
  outage.lost(false, start);
  EXPECT_FALSE(told() || outage.is_silent());
  EXPECT_TRUE(outage.may_try(start));
  EXPECT_FALSE(outage.may_try(start)) << "one at a time";
}

TEST(Outage, HasTheAgeOfItsFirstFailure) {
  const auto start = Context::Clock::now();
  const auto patience = milliseconds(10'000);
  Outage outage;
  EXPECT_TRUE(outage.is_younger(patience, start));  // what broke just now is not known yet
  outage.tried(false, start);
  outage.tried(false, start + milliseconds(6'000));
  outage.lost(true, start + milliseconds(7'000));
  outage.lost(false, start + milliseconds(8'000));
  EXPECT_TRUE(outage.is_younger(patience, start + milliseconds(9'999)));
  EXPECT_FALSE(outage.is_younger(patience, start + milliseconds(10'000)));
  outage.over();
  outage.lost(true, start + milliseconds(20'000));
  EXPECT_TRUE(outage.is_younger(patience, start + milliseconds(29'000)));
  EXPECT_FALSE(outage.is_younger(patience, start + milliseconds(30'000)));
}

}  // namespace
}  // namespace granary::db
