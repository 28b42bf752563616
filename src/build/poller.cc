#include "build/poller.h"

#include <algorithm>

#include "build/node_ability.h"
#include "build/plan.h"

namespace granary::build {
namespace {

using std::chrono::milliseconds;

constexpr milliseconds kShortestPause{500}, kLongestPause{10'000};
constexpr auto kPatience = std::chrono::minutes(3);
constexpr auto kBelieved = std::chrono::minutes(1);

}  // namespace

Poller::Poller(Parts parts, milliseconds interval, Logger log)
    : parts_(std::move(parts)), interval_(interval), log_(std::move(log)) {}

Poller::~Poller() = default;

void Poller::start() {
  if (interval_.count() <= 0) return;
  thread_ = std::jthread([this](const std::stop_token& stop) { run(stop); });
}

void Poller::run(const std::stop_token& stop) {
  const auto pause = std::clamp(interval_ / 4, kShortestPause, kLongestPause);
  while (!stop.stop_requested()) {
    {
      std::unique_lock lock(mutex_);
      changed_.wait_for(lock, stop, pause, [] { return false; });
    }
    if (!held_) look_at_due(stop);
  }
}

void Poller::look_at_due(const std::stop_token& stop) {
  while (!stop.stop_requested() && !held_) {
    const Context ctx(log_, stop, Context::Clock::now() + kPatience);
    const auto due = claim(ctx);
    if (!due) {  // a database that is away is no news after the first time
      if (!stop.stop_requested() && !complained_.exchange(true))
        log_.failed("cannot ask which repositories are to be looked at", due.error());
      return;
    }
    complained_ = false;
    if (!*due) return;
    const auto looked = look_at(ctx, **due);
    if (looked || stop.stop_requested()) continue;
    if ((*due)->problem != looked.error().message())
      log_.failed("cannot look at the repository of the builder " + (*due)->name, looked.error());
    if (const auto noted = parts_.builders->note_look(ctx, (*due)->id, looked.error().message()); !noted)
      return;
    if (sandbox(ctx) && !parts_.builders->pause(ctx, **due, interval_)) return;
  }
}

Result<std::optional<Builder>> Poller::claim(const Context& ctx) {
  if (!TRY(parts_.builders->is_due(ctx, interval_))) return std::nullopt;
  // Of what this node lacks nobody hears as long as another looks.
  const auto patience = sandbox(ctx) ? interval_ : interval_ * 2 + kBelieved;
  return parts_.builders->claim_due(ctx, patience);
}

const Result<Sandbox>& Poller::sandbox(const Context& ctx) {
  const auto now = Context::Clock::now();
  if (!sandbox_ || now - tried_ >= kBelieved) {
    sandbox_ = open_for_git(ctx, parts_.sandbox);
    if (!*sandbox_ && ctx.check()) sandbox_ = tl::unexpected(of_node(parts_.node, sandbox_->error()));
    tried_ = now;
  }
  return *sandbox_;
}

Result<> Poller::look_at(const Context& ctx, const Builder& builder) {
  const auto box = TRY(sandbox(ctx));
  TRY(end_orphans(ctx, parts_, builder));
  const auto refs = TRY(look(ctx, parts_, box, builder));
  for (const auto& ref : news(builder, refs, TRY(parts_.builds->known_tags(ctx, builder.id)))) {
    if (!TRY(parts_.builds->may_order(ctx, builder.id, ref.commit))) continue;
    TRY(parts_.builders->order(ctx, builder, {builder.id}));
    break;
  }
  if (!builder.problem.empty() || builder.look_pause.count() != 0)
    return parts_.builders->note_good_look(ctx, builder.id);
  return {};
}

}  // namespace granary::build
