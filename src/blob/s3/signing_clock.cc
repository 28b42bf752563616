#include "blob/s3/signing_clock.h"

#include "base/time_text.h"

namespace granary::blob::s3 {
namespace {

constexpr auto kTolerance = std::chrono::minutes(4);  // services have five minutes at least

}  // namespace

bool SigningClock::correct(const net::Response& refusal, Time signed_at) {
  const auto date = parse_http_date(refusal.header("date"));
  if (!date) return false;
  const auto off = Time(*date) - signed_at;
  if (off < kTolerance && off > -kTolerance) return false;
  ahead_ = Time(*date) - machine();
  return true;
}

}  // namespace granary::blob::s3
