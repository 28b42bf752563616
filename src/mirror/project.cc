#include "mirror/project.h"

#include <algorithm>
#include <system_error>
#include <thread>

#include "base/on_exit.h"
#include "catalog/mirror_keys.h"
#include "mirror/notes.h"
#include "net/retry.h"
#include "python/project_record.h"
#include "upstream/pypi.h"

namespace granary::mirror {
namespace {

constexpr std::size_t kMostRemembered = 100'000;
constexpr int kMostInBackground = 8;
/// Where something older can be shown, nobody waits longer for upstream.
constexpr std::chrono::seconds kShortly{5};
constexpr std::chrono::minutes kBackground{2};
constexpr net::RetryPolicy kBackOff{.attempts = 1'000'000,
                                    .first = std::chrono::milliseconds(2'000),
                                    .longest = std::chrono::milliseconds(300'000)};

tl::unexpected<Error> no_such_project(std::string_view project) {
  return fail(Errc::not_found, "upstream has no project '" + std::string(project) + "'");
}

/// Writes what upstream says now, if that is anything new.
Result<> keep(const Parts& parts, const Context& ctx, model::SourceId source, const std::string& name,
              const python::ReadPage& page) {
  const Time now = parts.clock->now();
  return parts.catalog->write(ctx, [&](catalog::WriteView& view) -> Result<> {
    const auto old = TRY(view.mirrors().record(source, "", name, std::nullopt));
    python::Project fresh = page.project;
    if (old) {
      const auto before = TRY(python::decode_project(old->bytes));
      for (const auto& file : before.files) {
        const auto& names = page.unreadable;  // listed still
        if (!file.gone && std::find(names.begin(), names.end(), file.filename) != names.end())
          fresh.files.push_back(file);
      }
      fresh = python::merge(before, std::move(fresh), now);
      if (python::same_content(before, fresh)) return {};
    }
    const auto number = TRY(view.mirroring().take_number());
    const auto bytes = python::encode(fresh);
    TRY(view.mirroring().put_record(source, "", name, bytes, number));
    view.mirroring().announce_project(source, name);
    return {};
  });
}

}  // namespace

Result<> end_project(catalog::WriteView& view, model::SourceId source, std::string_view project,
                     model::TxNo in, Time gone) {
  const auto old = TRY(view.mirrors().record(source, "", project, std::nullopt));
  if (!old) return {};
  const auto before = TRY(python::decode_project(old->bytes));
  python::Project nothing;
  nothing.shown = before.shown;
  nothing.serial = before.serial;
  const auto after = python::merge(before, std::move(nothing), gone);
  if (python::same_content(before, after)) return {};
  const auto bytes = python::encode(after);
  TRY(view.mirroring().put_record(source, "", project, bytes, in));
  view.mirroring().announce_project(source, project);
  return {};
}

Projects::~Projects() {
  stop_.request_stop();
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [&] { return threads_ == 0; });
}

Result<> Projects::answer(const Checked& checked) const {
  if (checked.absent) return tl::unexpected(*checked.absent);
  return {};
}

Result<> Projects::want(const Context& ctx, model::SourceId source, std::string_view project) {
  const Key key{source.value, std::string(project)};
  const auto staleness = std::chrono::duration_cast<std::chrono::microseconds>(parts_->staleness);
  std::optional<RemoteWaits::Turn> turn;
  std::unique_lock lock(mutex_);
  for (;;) {
    const Time now = parts_->clock->now();
    make_room();
    auto& checked = checked_[key];
    const bool young = checked.at && now - *checked.at < staleness;
    if (young || now < checked.again) {
      if (young && now - *checked.at >= staleness / 2 && now >= checked.again && !checked.asking)
        ask_in_background(key);
      return answer(checked);
    }
    if (!turn) turn.emplace(TRY(ctx.wait_for_remote()));
    if (!checked.asking) {
      checked.asking = true;
      break;
    }
    // One asks, the others wait for it.
    if (!changed_.wait_until(lock, ctx.stop(), ctx.deadline(), [&] {
          const auto at = checked_.find(key);
          return at == checked_.end() || !at->second.asking;
        })) {
      lock.unlock();
      TRY(ctx.check());
      return fail(Errc::deadline_exceeded, "upstream takes too long to answer", "try again");
    }
    const auto at = checked_.find(key);
    if (at != checked_.end() && (at->second.at || at->second.absent)) return answer(at->second);
  }
  lock.unlock();
  return ask_and_note(ctx, key, false);
}

void Projects::forget(std::optional<model::SourceId> source) {
  const std::scoped_lock lock(mutex_);
  ++forgotten_;
  std::erase_if(checked_, [&](const auto& one) {
    return !one.second.asking && (!source || one.first.first == source->value);
  });
}

/// Under the lock. What is being asked stays; of the rest a part goes, by name: cheap, and fair enough.
void Projects::make_room() {
  if (checked_.size() < kMostRemembered) return;
  std::size_t n = 0;
  std::erase_if(checked_, [&](const auto& entry) { return !entry.second.asking && ++n % 2 == 0; });
}

Result<std::optional<Projects::Known>> Projects::known(const Context& ctx, const Key& key) const {
  const model::SourceId source{key.first};
  std::optional<Known> out;
  TRY(parts_->catalog->read(ctx, [&](catalog::ReadView& view) -> Result<> {
    out.reset();
    const auto record = TRY(view.mirrors().record(source, "", key.second, std::nullopt));
    if (record) out = Known{.record = true, .etag = TRY(python::decode_project(record->bytes)).etag};
    if (TRY(view.mirrors().state(source, catalog::kNamesKnown)).empty()) {
      if (!out) out.emplace();
    } else if (!TRY(view.mirrors().find_name(source, key.second))) {
      out.reset();  // its files may be known: the past of it
    } else {
      if (!out) out.emplace();
      out->listed = true;
    }
    return {};
  }));
  return out;
}

Result<> Projects::refresh(const Context& ctx, model::SourceId source, std::string_view project) {
  TRY(ask(ctx, {source.value, std::string(project)}, true, true));
  return {};
}

Result<bool> Projects::ask(const Context& ctx, const Key& key, bool background, bool to_be_new) {
  const model::SourceId id{key.first};
  const auto known_now = TRY(known(ctx, key));
  if (!known_now) return no_such_project(key.second);
  const auto source = TRY(mirror_source(*parts_, ctx, id));
  if (is_offline(source)) {
    if (known_now->record) return true;
    return no_such_project(key.second);
  }
  const auto client = TRY(parts_->clients->of(ctx, source));
  const Context patient = known_now->record ? ctx.with_timeout(kShortly) : ctx;
  auto fetched =
      upstream::fetch_project(background ? ctx : patient, *client, key.second, known_now->etag, false);
  if (fetched) {
    if (fetched->not_modified) return true;
    if (!fetched->page.unreadable.empty())
      note_problem(*parts_, id, kPageProblem,
                   Error(Errc::corrupt,
                         "could not read what upstream says of " + fetched->page.unreadable.front() +
                             " of '" + key.second + "'",
                         "", __FILE__, __LINE__));
    if (fetched->page.left_out != 0)
      parts_->log.info("entries of an upstream page were left out",
                       {{"source", source.name},
                        {"project", key.second},
                        {"entries", std::to_string(fetched->page.left_out)}});
    TRY(keep(*parts_, ctx, id, key.second, fetched->page));
    return true;
  }
  if (fetched.error().code() == Errc::not_found) {
    if (known_now->record)
      TRY(parts_->catalog->write(ctx, [&](catalog::WriteView& view) -> Result<> {
        const auto number = TRY(view.mirroring().take_number());
        return end_project(view, id, key.second, number, parts_->clock->now());
      }));
    if (known_now->listed)
      note_problem(*parts_, id, kPageProblem,
                   Error(Errc::not_found, "upstream lists '" + key.second + "', but has no page of it", "",
                         __FILE__, __LINE__));
    return no_such_project(key.second);
  }
  note_problem(*parts_, id, kPageProblem, fetched.error());
  if (to_be_new) return tl::unexpected(std::move(fetched).error());
  if (known_now->record) return false;
  return tl::unexpected(for_clients(std::move(fetched).error()));
}

Result<> Projects::ask_and_note(const Context& ctx, const Key& key, bool background) {
  const auto forgotten = [&] {
    const std::scoped_lock lock(mutex_);
    return forgotten_;
  }();
  bool noted = false;
  const OnExit over([&] {  // an exception: the next one asks
    if (noted) return;
    const std::scoped_lock lock(mutex_);
    checked_[key].asking = false;
    changed_.notify_all();
  });
  auto result = ask(ctx, key, background);
  noted = true;
  const bool stale = result && !*result;
  const std::scoped_lock lock(mutex_);
  auto& checked = checked_[key];
  checked.asking = false;
  if (forgotten != forgotten_) {  // what was written may be forgotten too
    checked = {};
    changed_.notify_all();
    if (!result) return tl::unexpected(std::move(result).error());
    return {};
  }
  const Time now = parts_->clock->now();
  if ((result && !stale) || (!result && result.error().code() == Errc::not_found)) {
    checked.at = now;
    checked.again = {};
    checked.failures = 0;
    checked.absent.reset();
    if (!result) checked.absent = result.error();
  } else if (stale || (result.error().code() != Errc::cancelled && !result.error().brief())) {
    ++checked.failures;
    const auto delay = net::delay_after(kBackOff, checked.failures, net::random_jitter());
    checked.again = now + delay.value_or(kBackOff.longest);
    checked.absent.reset();
    if (!stale) checked.absent = result.error();
  }
  changed_.notify_all();
  if (!result) return tl::unexpected(std::move(result).error());
  return {};
}

/// Under the lock.
void Projects::ask_in_background(const Key& key) {
  if (threads_ >= kMostInBackground) return;  // the next request for it tries again
  try {
    std::thread([this, key] {
      const Context ctx = Context(parts_->log, stop_.get_token(), Context::Clock::now() + kBackground);
      if (const auto asked = ask_and_note(ctx, key, true); !asked && asked.error().code() != Errc::not_found)
        parts_->log.failed("cannot ask upstream for a project", asked.error());
      const std::scoped_lock lock(mutex_);
      --threads_;
      changed_.notify_all();  // under the lock: this may be gone right after it
    }).detach();
    ++threads_;
    checked_[key].asking = true;
  } catch (const std::system_error& error) {
    parts_->log.warn("cannot start a thread", {{"why", error.what()}});
  }
}

}  // namespace granary::mirror
