#include "view/own_sources.h"

#include <algorithm>

#include "base/time_text.h"

namespace granary::view {
namespace {

using model::TxNo;

constexpr std::uint32_t kMomentsPerPage = 50'000;

}  // namespace

/// What a reading found.
struct OwnSources::News {
  bool whole = false;  // in place of all that was known
  std::vector<catalog::Moment> moments;
  struct Step {
    std::string package;
    TxNo at;
    std::int64_t files = 0;
  };
  std::vector<Step> steps;

  /// `upto`: what is known already; not to be found when another database answers than the one before, for
  /// example an older one that was restored.
  Result<> read(catalog::ReadView& view, model::SourceId source, TxNo upto) {
    *this = {};
    auto page = TRY(view.moments(source, upto, kMomentsPerPage));
    if (upto.value == 0 || page.empty() || page.front().number != upto) {
      whole = true;
      if (upto.value != 0) page = TRY(view.moments(source, {}, kMomentsPerPage));
      upto = {};
    }
    for (;;) {
      moments.insert(moments.end(), page.begin(), page.end());
      if (page.size() < kMomentsPerPage) break;
      page = TRY(view.moments(source, {moments.back().number.value + 1}, kMomentsPerPage));
    }
    if (moments.empty() || moments.back().number == upto) return {};
    return view.for_each_package_change(source, upto, [&](const catalog::PackageChange& one) -> Result<> {
      // Those of one package mostly follow each other, and many of them are of one transaction.
      if (!steps.empty() && steps.back().at == one.at && steps.back().package == one.package)
        steps.back().files += one.files;
      else
        steps.push_back({std::string(one.package), one.at, one.files});
      return {};
    });
  }
};

Result<TxNo> OwnSources::resolve(const Context& ctx, model::SourceId source, const model::SnapshotRef& ref) {
  const auto history = history_of(source);
  const auto* number = std::get_if<TxNo>(&ref);
  const auto* as_of = std::get_if<model::AsOf>(&ref);
  const auto midnight = as_of != nullptr ? Time(as_of->day + std::chrono::days(1)) : Time::max();
  for (bool asked = false;; asked = true) {
    {
      const std::scoped_lock lock(history->mutex);
      const auto& moments = history->past.moments;
      // What was up to a number that is passed stays as it is.
      if (asked || history->known == history->wanted ||
          (number != nullptr && *number <= history->past.upto())) {
        const auto next = std::partition_point(moments.begin(), moments.end(), [&](const auto& one) {
          return number != nullptr ? one.number <= *number : one.at < midnight;
        });
        return next == moments.begin() ? TxNo{} : std::prev(next)->number;
      }
    }
    TRY(advance(ctx, source, *history));
  }
}

Result<std::unique_lock<std::mutex>> OwnSources::up_to(const Context& ctx, model::SourceId source,
                                                       History& history, TxNo at) {
  std::unique_lock lock(history.mutex);
  if (at <= history.past.upto()) return lock;
  lock.unlock();
  ++history.wanted;  // somebody has seen what was not heard of yet
  TRY(advance(ctx, source, history));
  lock.lock();
  return lock;
}

/// Null when the package has no file then.
const OwnSources::Change* OwnSources::find(const std::vector<Change>& changes, TxNo at) {
  const auto next =
      std::partition_point(changes.begin(), changes.end(), [&](const Change& one) { return one.at <= at; });
  return next == changes.begin() || std::prev(next)->files <= 0 ? nullptr : &*std::prev(next);
}

Result<TxNo> OwnSources::last_change(const Context& ctx, model::SourceId source, TxNo at,
                                     std::string_view package) {
  const auto history = history_of(source);
  const auto lock = TRY(up_to(ctx, source, *history, at));
  const auto& packages = history->past.packages;
  const auto found = packages.find(package);
  const auto* change = found == packages.end() ? nullptr : find(found->second, at);
  return change == nullptr ? TxNo{} : change->at;
}

Result<> OwnSources::append_names(const Context& ctx, model::SourceId source, TxNo at,
                                  std::vector<std::string>& names) {
  const auto history = history_of(source);
  const auto lock = TRY(up_to(ctx, source, *history, at));
  for (const auto& [name, changes] : history->past.packages)
    if (find(changes, at) != nullptr) names.push_back(name);
  return {};
}

Result<> OwnSources::be_sure(const Context& ctx, model::SourceId source, std::string_view package) {
  Shared history;
  {
    const std::scoped_lock lock(mutex_);
    const auto at = histories_.find(source.value);
    if (at == histories_.end()) return {};
    history = at->second;
  }
  const auto heard_of = [&] {
    const std::scoped_lock lock(history->mutex);
    return history->unread_all != 0 || history->unread.contains(catalog::project_shard(package));
  };
  if (heard_of()) TRY(advance(ctx, source, *history));
  const std::scoped_lock lock(history->mutex);
  const auto found = history->past.packages.find(package);
  if (found == history->past.packages.end() || !find(found->second, history->past.upto())) return {};
  return tl::unexpected(
      Error(Errc::unavailable, "the package came while it was asked for", "ask again", __FILE__, __LINE__)
          .as_brief());
}

bool OwnSources::reached(TxNo number) {
  const std::scoped_lock lock(mutex_);
  return std::any_of(histories_.begin(), histories_.end(), [&](const auto& one) {
    const std::scoped_lock locked(one.second->mutex);
    return number <= one.second->past.upto();
  });
}

Result<> OwnSources::look(const Context& ctx, model::SourceId source) {
  const auto history = history_of(source);
  ++history->wanted;
  return advance(ctx, source, *history);
}

void OwnSources::heard(std::span<const std::int64_t> topics) {
  const std::scoped_lock lock(mutex_);
  for (auto& [id, history] : histories_) {
    const bool touched =
        topics.empty() || std::any_of(topics.begin(), topics.end(), [source = id](std::int64_t topic) {
          return topic == source || topic == catalog::kConfigurationTopic;
        });
    if (!touched) continue;
    const std::scoped_lock locked(history->mutex);
    const std::uint64_t change = ++history->wanted;
    bool named = topics.empty();  // nobody says that anything changed: it may have
    for (const auto topic : topics) {
      const auto package = catalog::parse_project_topic(topic);
      if (!package || package->source.value != id) continue;
      history->unread[package->shard] = change;
      named = true;
    }
    const bool whole = std::find(topics.begin(), topics.end(), id) != topics.end();
    if (whole && !named) history->unread_all = change;
  }
}

void OwnSources::keep(const std::function<bool(model::SourceId)>& exists) {
  const std::scoped_lock lock(mutex_);
  std::erase_if(histories_, [&](const auto& one) { return !exists({one.first}); });
}

OwnSources::Shared OwnSources::history_of(model::SourceId source) {
  const std::scoped_lock lock(mutex_);
  auto& history = histories_[source.value];
  if (!history) history = std::make_shared<History>();
  return history;
}

Result<> OwnSources::advance(const Context& ctx, model::SourceId source, History& history) {
  const std::unique_lock one_at_a_time(history.reading, ctx.deadline());
  if (!one_at_a_time)
    return fail(Errc::deadline_exceeded, "others took longer than the deadline to read the same",
                "try again");
  const std::uint64_t wanted = history.wanted;
  TxNo upto;
  {
    const std::scoped_lock lock(history.mutex);
    if (history.known == wanted) return {};  // whoever had the lock before has read it
    upto = history.past.upto();
  }
  News news;
  TRY(catalog_->read(ctx, [&](catalog::ReadView& view) { return news.read(view, source, upto); }));
  std::stable_sort(news.steps.begin(), news.steps.end(),
                   [](const News::Step& a, const News::Step& b) { return a.at < b.at; });
  const auto know = [&] {
    history.known = wanted;
    std::erase_if(history.unread, [&](const auto& one) { return one.second <= wanted; });
    if (history.unread_all <= wanted) history.unread_all = 0;
  };
  if (!news.whole) {
    const std::scoped_lock lock(history.mutex);
    apply(history.past, std::move(news));
    know();
    return {};
  }
  Past whole;  // made beside what others go on to read
  apply(whole, std::move(news));
  const std::scoped_lock lock(history.mutex);
  std::swap(history.past, whole);
  know();
  return {};
}

void OwnSources::apply(Past& past, News&& news) {
  const auto upto = past.upto();
  for (const auto& moment : news.moments)
    if (moment.number > upto) past.moments.push_back(moment);
  for (auto& step : news.steps) {
    auto& changes = past.packages[std::move(step.package)];
    const auto before = changes.empty() ? 0 : changes.back().files;
    if (changes.empty() || changes.back().at != step.at) changes.push_back({step.at, before});
    changes.back().files += step.files;
  }
}

}  // namespace granary::view
