/// Schedules: what parses always has a next time, and it moves on.
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "jobs/cron.h"

using namespace granary;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto cron = jobs::Cron::parse({reinterpret_cast<const char*>(data), size});
  if (!cron) return 0;
  Time at = Time(std::chrono::sys_days(std::chrono::year(2096) / 2 / 28)) + std::chrono::hours(23);
  for (int i = 0; i < 3; ++i) {
    const auto next = cron->next_after(at);
    if (next <= at || next - at > std::chrono::days(366 * 13) ||
        next != std::chrono::floor<std::chrono::minutes>(next))
      std::abort();
    at = next;
  }
  return 0;
}
