#include "jobs/runner.h"

#include <algorithm>
#include <exception>

#include "base/away.h"

namespace granary::jobs {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr auto kDatabasePatience = seconds(10);
constexpr auto kPruneEvery = std::chrono::minutes(10);

const std::vector<double>& duration_bounds() {
  static const std::vector<double> bounds = {0.1, 1, 10, 60, 600, 3600, 6 * 3600};
  return bounds;
}

}  // namespace

Runner::Runner(RunnerParts parts, RunnerOptions options, std::vector<std::unique_ptr<Handler>> handlers)
    : parts_(std::move(parts)), options_(std::move(options)), log_(parts_.sink, "jobs") {
  for (auto& handler : handlers) {
    kinds_.emplace_back(handler->kind());
    if (!handler->takes_long()) short_kinds_.emplace_back(handler->kind());
    handlers_[kinds_.back()] = std::move(handler);
  }
}

Runner::~Runner() {
  pause();
  for (auto& thread : threads_) thread.request_stop();
  changed_.notify_all();
}

void Runner::start() {
  for (unsigned i = 0; i < options_.workers; ++i)
    threads_.emplace_back([this](const std::stop_token& stop) { work(stop); });
  threads_.emplace_back([this](const std::stop_token& stop) { keep(stop); });
}

void Runner::Bell::heard(std::span<const std::int64_t> topics) {
  const auto has = [&](std::int64_t topic) {
    return topics.empty() || std::find(topics.begin(), topics.end(), topic) != topics.end();
  };
  const bool work = has(kJobsTopic), cancel = has(kCancelTopic);
  if (!work && !cancel) return;
  {
    const std::lock_guard lock(mutex);
    if (work) ++wakes;
    cancel_heard = cancel_heard || cancel;
  }
  changed.notify_all();
}

std::function<void(std::span<const std::int64_t>)> Runner::listener() const {
  return [bell = bell_](std::span<const std::int64_t> topics) { bell->heard(topics); };
}

void Runner::pause() {
  std::vector<std::shared_ptr<Active>> running;
  {
    const std::lock_guard lock(mutex_);
    paused_ = true;
    running = active_;
  }
  for (const auto& one : running) one->stop(StopReason::returned);
  changed_.notify_all();
}

void Runner::hold() {
  const std::lock_guard lock(mutex_);
  held_ = true;
}

std::size_t Runner::running() const {
  const std::lock_guard lock(mutex_);
  // Who asks for a job while this one is held may still get it.
  return held_ ? std::max<std::size_t>(active_.size(), busy_) : active_.size();
}

void Runner::resume() {
  {
    const std::lock_guard lock(mutex_);
    paused_ = false;
    held_ = false;
  }
  changed_.notify_all();
}

bool Runner::idle() const {
  const std::lock_guard lock(mutex_);
  return busy_ == 0;
}

bool Runner::drain(milliseconds patience) {
  pause();
  std::unique_lock lock(mutex_);
  return changed_.wait_for(lock, patience, [&] { return busy_ == 0; });
}

std::vector<std::shared_ptr<Active>> Runner::active() const {
  const std::lock_guard lock(mutex_);
  return active_;
}

bool Runner::paused() const {
  const std::lock_guard lock(mutex_);
  return paused_ || held_;
}

/// Not the runner's stop: what ends a turn must reach the database.
Context Runner::context(milliseconds timeout) const {
  return {log_, std::stop_token(), Steady::now() + timeout};
}

void Runner::complain(std::string_view what, const Error& error) {
  {
    const std::lock_guard lock(mutex_);
    if (std::exchange(complained_, true)) return;
  }
  log_.failed(what, error);
}

void Runner::work(const std::stop_token& stop) {
  while (!stop.stop_requested()) {
    std::uint64_t seen = 0;
    bool any = false;  // also a job that takes long
    {
      std::unique_lock lock(mutex_);
      if (!changed_.wait(lock, stop, [&] { return !paused_ && !held_; })) return;
      seen = bell_->wakes;
      ++busy_;
      any = long_ < std::max(1U, options_.workers - 1);
      if (any) ++long_;
    }
    auto leased = parts_.queue->lease(context(kDatabasePatience), options_.worker,
                                      any ? kinds_ : short_kinds_, options_.lease, left_to_others());
    const bool answered = leased.has_value(), found = answered && *leased;
    if (any && !(found && handlers_.at((*leased)->spec.kind)->takes_long())) {
      any = false;
      const std::lock_guard lock(mutex_);
      --long_;
      if (found) ++bell_->wakes;  // another worker may have been refused a long one meanwhile
      changed_.notify_all();
    }
    if (!answered) complain("cannot ask for jobs, trying again", leased.error());
    if (found && !left_here((*leased)->id)) {
      put_off(**leased);
    } else if (found) {
      run(**std::move(leased));
    }
    std::unique_lock lock(mutex_);
    if (any) --long_;
    if (--busy_ == 0) changed_.notify_all();
    if (answered) complained_ = false;
    if (!found)
      changed_.wait_for(lock, stop, options_.poll, [&] { return answered && bell_->wakes != seen; });
  }
}

/// Waits for a turn that has just ended, and is about to say so here. False: it still runs.
bool Runner::left_here(std::int64_t id) {
  const auto patience = std::min<milliseconds>(seconds(1), options_.lease / 4);
  std::unique_lock lock(mutex_);
  return changed_.wait_for(lock, patience, [&] {
    return std::none_of(active_.begin(), active_.end(), [&](const auto& one) { return one->job().id == id; });
  });
}

/// The lease of a turn ran out, and the turn has not noticed yet: two at once would be in each other's way.
void Runner::put_off(const Job& job) {
  const auto why = fail(Errc::unavailable, "the turn before has not ended yet", "it is tried again").value();
  const auto told =
      parts_.queue->finish(context(kDatabasePatience), job.lease(), Ending::away, tl::unexpected(why), {});
  if (!told) complain("cannot hand a job back", told.error());
}

void Runner::run(Job job) {
  const auto started = Steady::now();
  const auto active = std::make_shared<Active>(std::move(job), parts_.clock, started + options_.lease);
  {
    const std::lock_guard lock(mutex_);
    active_.push_back(active);
    if (paused_) active->stop(StopReason::returned);
  }
  const auto& spec = active->job().spec;
  const auto log = Logger(make_job_log(parts_.sink, active), "jobs")
                       .with("job", std::to_string(active->job().id))
                       .with("kind", spec.kind);
  log.info("job starts", {{"node", options_.worker}, {"attempt", std::to_string(active->job().attempt)}});
  const Context ctx(log, active->stop_token(), started + options_.time_limit);
  const auto outcome = call(*handlers_.at(spec.kind), ctx, *active);
  if (!outcome && active->reason() == StopReason::none) log.failed("failed to run the job", outcome.error());
  settle(*active, outcome, Steady::now() - started);
  {
    const std::lock_guard lock(mutex_);
    std::erase(active_, active);
  }
  changed_.notify_all();
}

Result<> Runner::call(Handler& handler, const Context& ctx, Active& active) const {
  try {
    return handler.run(ctx, active);
  } catch (const std::exception& e) {
    return with_note(Result<>(fail(Errc::internal, "the job failed unexpectedly", "see the log of the node")),
                     e.what());
  }
}

bool Runner::store_is_away(const Result<>& outcome) const {
  return !outcome && parts_.away && is_away(outcome.error()) && parts_.away(context(kDatabasePatience));
}

/// Before the job is handed back, so that it does not come here again at once.
void Runner::note_ability(const Active& active, Ending ending) {
  const auto& spec = active.job().spec;
  const KindOfSource key{spec.kind, spec.source};
  const std::lock_guard lock(mutex_);
  if (ending == Ending::done) unable_.erase(key);
  if (ending != Ending::unable) return;
  auto& one = unable_[key];
  one.pause =
      std::min(one.pause.count() == 0 ? options_.first_unable : one.pause * 2, options_.longest_unable);
  one.until = Steady::now() + one.pause;
}

std::vector<KindOfSource> Runner::left_to_others() const {
  std::vector<KindOfSource> all;
  const auto now = Steady::now();
  const std::lock_guard lock(mutex_);
  for (const auto& [key, one] : unable_) {
    if (now < one.until) all.push_back(key);
  }
  return all;
}

void Runner::settle(Active& active, const Result<>& outcome, Steady::duration took) {
  const auto& job = active.job();
  if (active.reason() == StopReason::lost) {
    log_.warn("job was taken over by another node", {{"job", std::to_string(job.id)}});
    return;
  }
  auto ending = Ending::done;
  if (!outcome && active.reason() == StopReason::cancelled) ending = Ending::cancelled;
  if (!outcome && active.reason() == StopReason::returned) ending = Ending::returned;
  if (!outcome && active.reason() == StopReason::none && active.is_unable())
    ending = Ending::unable;
  else if (active.reason() == StopReason::none && store_is_away(outcome))
    ending = Ending::away;
  note_ability(active, ending);
  const auto nothing_wrong = ending == Ending::returned ? Result<>() : outcome;
  Report report;
  {
    const std::lock_guard lock(active.storing());
    report = active.take_report();
  }
  // A database that is away for a moment must not cost the work: until the lease runs out nobody else has it.
  for (;;) {
    const auto state =
        parts_.queue->finish(context(kDatabasePatience), job.lease(), ending, nothing_wrong, report);
    if (state) {
      log_.info("job ends", {{"job", std::to_string(job.id)},
                             {"kind", job.spec.kind},
                             {"state", std::string(name_of(*state))}});
      if (parts_.metrics) {
        parts_.metrics
            ->histogram("granary_job_seconds", "How long turns at jobs took", duration_bounds(),
                        {{"kind", job.spec.kind}, {"result", std::string(name_of(*state))}})
            .observe(std::chrono::duration<double>(took).count());
      }
      return;
    }
    if (!is_away(state.error()) || Steady::now() >= active.leased_until()) {
      log_.failed("cannot store the end of a job", state.error());
      return;
    }
    std::this_thread::sleep_for(options_.report);
  }
}

void Runner::keep(const std::stop_token& stop) {
  while (!stop.stop_requested()) {
    bool at_once = false;
    {
      std::unique_lock lock(mutex_);
      changed_.wait_for(lock, stop, options_.report, [&] { return bell_->cancel_heard; });
      at_once = std::exchange(bell_->cancel_heard, false);
    }
    renew_all(at_once);
    if (!stop.stop_requested()) housekeeping();
  }
  // Workers may still be busy: their leases are theirs until they end.
  while (!idle()) {
    renew_all(false);
    std::unique_lock lock(mutex_);
    changed_.wait_for(lock, options_.report, [&] { return busy_ == 0; });
  }
}

void Runner::renew_all(bool at_once) {
  const auto running = active();
  const auto now = Steady::now();
  for (const auto& one : running) {
    // Somebody else may have it from now on.
    if (now >= one->leased_until()) one->stop(StopReason::lost);
  }
  for (const auto& one : running) {
    if (one->reason() == StopReason::lost) continue;
    const bool due = one->leased_until() - now < options_.lease * 2 / 3;
    if ((at_once || due || one->has_news()) && !renew(*one)) return;
  }
}

/// False when the database does not answer: the others wait for the next round.
bool Runner::renew(Active& active) {
  const std::lock_guard lock(active.storing());
  auto report = active.take_report();
  const auto asked = Steady::now();
  const auto patience = std::min<milliseconds>(kDatabasePatience, options_.lease / 4);
  const auto stop = parts_.queue->renew(context(patience), active.job().lease(), options_.lease, report);
  if (stop) {
    active.leased_until(asked + options_.lease);
    if (*stop) active.stop(StopReason::cancelled);
    return true;
  }
  if (stop.error().code() == Errc::conflict) {
    // Either lost, or ended by its own thread a moment ago: then the reason comes too late to matter.
    active.stop(StopReason::lost);
    return true;
  }
  active.give_back(std::move(report));
  complain("cannot renew the lease of a job, trying again", stop.error());
  return false;
}

void Runner::housekeeping() {
  const auto now = Steady::now();
  if (paused()) return;
  if (now >= next_fire_) {
    next_fire_ = now + options_.poll;
    if (const auto fired = parts_.schedules->fire_due(context(kDatabasePatience)); !fired)
      complain("cannot look at the schedules, trying again", fired.error());
  }
  if (now >= next_prune_) {
    const auto oldest = parts_.clock->now() - options_.keep_finished;
    const auto removed = parts_.queue->prune(context(kDatabasePatience), oldest);
    // More may be waiting: a next slice soon.
    next_prune_ = now + (removed && *removed > 0 ? options_.poll : milliseconds(kPruneEvery));
  }
}

}  // namespace granary::jobs
