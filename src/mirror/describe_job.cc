#include "mirror/describe_job.h"

#include <algorithm>

#include "base/json.h"
#include "base/text.h"
#include "base/time_text.h"
#include "mirror/describe.h"

namespace granary::mirror {
namespace {

constexpr std::string_view kKind = "describe";
/// Versions per transaction: what a kill may lose, and how seldom rendered indexes become stale.
constexpr std::size_t kAtOnce = 1000;
constexpr std::size_t kDaysKept = 16;
/// A day that somebody waits for comes before what waits by itself.
constexpr std::int64_t kUrgent = 10;

Result<std::vector<Time>> wanted_days(catalog::ReadView& view, model::SourceId source) {
  std::vector<Time> days;
  const auto text = TRY(view.mirrors().state(source, kDescribeDays));
  for (const auto part : split(text, ' ')) {
    if (const auto at = parse_unsigned(part))
      days.emplace_back(Time::duration(static_cast<std::int64_t>(*at)));
  }
  return days;
}

std::string text_of(const std::vector<Time>& days) {
  std::string text;
  for (const auto day : days)
    text += (text.empty() ? "" : " ") + std::to_string(day.time_since_epoch().count());
  return text;
}

std::size_t count_of(const std::vector<Undescribed>& packages) {
  std::size_t count = 0;
  for (const auto& package : packages) count += package.versions.size();
  return count;
}

/// Whole packages from the front, of at least `least` versions.
std::vector<Undescribed> front_of(std::vector<Undescribed>& packages, std::size_t least) {
  std::size_t count = 0, taken = 0;
  while (taken < packages.size() && count < least) count += packages[taken++].versions.size();
  std::vector<Undescribed> front(std::make_move_iterator(packages.begin()),
                                 std::make_move_iterator(packages.begin() + std::ptrdiff_t(taken)));
  packages.erase(packages.begin(), packages.begin() + std::ptrdiff_t(taken));
  return front;
}

class DescribeHandler final : public jobs::Handler {
 public:
  explicit DescribeHandler(const Parts& parts) : parts_(&parts) {}
  std::string_view kind() const noexcept override { return kKind; }
  bool takes_long() const noexcept override { return true; }

  Result<> run(const Context& ctx, jobs::Turn& turn) override {
    const auto source = TRY(mirror_source(*parts_, ctx, {turn.job().spec.source}));
    std::uint64_t described = 0, unreadable = 0;
    for (;;) {
      TRY(ctx.check());
      const auto day = TRY(first_day(ctx, source.id));
      auto left = TRY(list_undescribed(*parts_, ctx, source.id, day));
      if (left.empty() && day) {
        TRY(day_is_done(ctx, source.id, *day));
        continue;
      }
      if (left.empty()) break;
      const auto total = static_cast<std::int64_t>(described + unreadable + count_of(left));
      const auto some = front_of(left, kAtOnce);
      const auto before = described + unreadable;
      const std::string doing =
          "reading old versions of " + source.name +
          (day ? " that were current on " +
                     day_text(std::chrono::floor<std::chrono::days>(*day - std::chrono::seconds(1)))
               : "");
      turn.progress(static_cast<std::int64_t>(before), total, doing);
      const auto done = TRY(describe(*parts_, ctx, source, some, true, [&](std::uint64_t more) {
        turn.progress(static_cast<std::int64_t>(before + more), total, doing);
      }));
      described += done.described;
      unreadable += done.unreadable;
      if (done.put_off > 0)
        return fail(Errc::unavailable,
                    "could not ask upstream for " + std::to_string(done.put_off) + " old versions" +
                        (done.problem ? ": " + done.problem->message() : ""),
                    "what is known is served; it is tried again");
    }
    TRY(parts_->catalog->write(ctx, [&](catalog::WriteView& view) {
      return view.mirroring().set_state(source.id, kToDescribe, "");
    }));
    ctx.log().info("described old versions", {{"source", source.name},
                                              {"versions", std::to_string(described)},
                                              {"unreadable", std::to_string(unreadable)}});
    return {};
  }

 private:
  Result<std::optional<Time>> first_day(const Context& ctx, model::SourceId source) const {
    std::optional<Time> day;
    TRY(parts_->catalog->read(ctx, [&](catalog::ReadView& view) -> Result<> {
      const auto days = TRY(wanted_days(view, source));
      day = days.empty() ? std::nullopt : std::optional(days.back());
      return {};
    }));
    return day;
  }
  Result<> day_is_done(const Context& ctx, model::SourceId source, Time day) const {
    return parts_->catalog->write(ctx, [&](catalog::WriteView& view) -> Result<> {
      auto days = TRY(wanted_days(view, source));
      std::erase(days, day);
      return view.mirroring().set_state(source, kDescribeDays, text_of(days));
    });
  }

  const Parts* parts_;
};

}  // namespace

jobs::JobSpec describe_job(model::SourceId source, std::int64_t priority) {
  return {.kind = std::string(kKind),
          .key = std::to_string(source.value),
          .source = source.value,
          .priority = priority};
}

Result<> describe_what_is_left(const Parts& parts, const Context& ctx, model::SourceId source) {
  if (!parts.queue || !parts.describe) return {};
  bool wanted = false;
  TRY(parts.catalog->read(ctx, [&](catalog::ReadView& view) -> Result<> {
    wanted = !TRY(view.mirrors().state(source, kToDescribe)).empty();
    return {};
  }));
  if (wanted) TRY(parts.queue->submit(ctx, describe_job(source)));
  return {};
}

Result<> want_day(const Parts& parts, const Context& ctx, model::SourceId source, Time until) {
  if (!parts.queue || !parts.describe) return {};
  bool known = false;
  TRY(parts.catalog->read(ctx, [&](catalog::ReadView& view) -> Result<> {
    const auto days = TRY(wanted_days(view, source));
    known = std::find(days.begin(), days.end(), until) != days.end();
    return {};
  }));
  if (!known) {
    TRY(parts.catalog->write(ctx, [&](catalog::WriteView& view) -> Result<> {
      auto days = TRY(wanted_days(view, source));
      if (std::find(days.begin(), days.end(), until) != days.end()) return {};
      if (days.size() >= kDaysKept) days.erase(days.begin());
      days.push_back(until);
      return view.mirroring().set_state(source, kDescribeDays, text_of(days));
    }));
  }
  TRY(parts.queue->submit(ctx, describe_job(source, kUrgent)));
  return {};
}

std::unique_ptr<jobs::Handler> make_describe_handler(const Parts& parts) {
  return std::make_unique<DescribeHandler>(parts);
}

}  // namespace granary::mirror
