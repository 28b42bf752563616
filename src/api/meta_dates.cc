#include "api/meta_dates.h"

#include <algorithm>

#include "base/json.h"
#include "base/time_text.h"

namespace granary::api {

std::vector<std::chrono::sys_days> listed_days(const KnownDays& known, std::chrono::sys_days today) {
  std::vector<std::chrono::sys_days> days(known.changed.begin(), known.changed.end());
  auto first = known.first;
  if (!days.empty()) first = std::min(first.value_or(days.front()), days.front());
  if (!known.mirrored || !first) return days;
  days.clear();
  for (auto day = *first; day <= today; day += std::chrono::days(1)) days.push_back(day);
  return days;
}

std::string dates_json(const std::vector<std::chrono::sys_days>& days, bool newest_first) {
  JsonWriter json;
  json.begin_array();
  for (std::size_t i = 0; i < days.size(); ++i) {
    const auto text = day_text(newest_first ? days[days.size() - 1 - i] : days[i]);
    json.begin_object();
    json.member("date", text);
    json.member("alias", text);
    json.end_object();
  }
  json.end_array();
  return std::move(json).take();
}

}  // namespace granary::api
