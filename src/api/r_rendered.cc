#include "api/r_rendered.h"

#include <algorithm>
#include <chrono>

namespace granary::api {
namespace {

/// The topic of what is configured: repositories and their sources.
constexpr std::int64_t kConfiguration = 0;
constexpr std::chrono::minutes kPatience{5};

std::string_view key_of(RIndex index) {
  switch (index) {
    case RIndex::packages:
      return "r/PACKAGES";
    case RIndex::packages_rds:
      return "r/PACKAGES.rds";
    case RIndex::archive_rds:
      return "r/archive.rds";
    case RIndex::current_rds:
      return "r/current.rds";
    case RIndex::folder:
      return "r/folder";
  }
  return {};
}

/// The others are compressed already.
bool is_text(RIndex index) { return index == RIndex::packages || index == RIndex::folder; }

}  // namespace

Result<std::shared_ptr<const view::Rendered>> RenderedIndexes::get(const Context& ctx,
                                                                   const view::Snapshot& snapshot,
                                                                   RIndex index) const {
  return views_->rendered(ctx, snapshot, key_of(index), is_text(index), [&]() -> Result<std::string> {
    Undescribed lacking;
    auto body = TRY(render_r_index(ctx, *views_, snapshot, index, lacking));
    if (index == RIndex::packages || index == RIndex::packages_rds)
      undescribed_.put(snapshot.fingerprint, std::move(lacking));
    return body;
  });
}

IndexesAhead::IndexesAhead(std::shared_ptr<const RenderedIndexes> indexes, std::shared_ptr<view::Views> views,
                           std::shared_ptr<catalog::Catalog> catalog, Logger log)
    : indexes_(std::move(indexes)),
      views_(std::move(views)),
      catalog_(std::move(catalog)),
      log_(std::move(log)),
      sources_{kConfiguration} {}  // after a start all of them

void IndexesAhead::start() {
  thread_ = std::jthread([this](const std::stop_token& stop) { run(stop); });
}

void IndexesAhead::heard(std::span<const std::int64_t> topics) {
  const std::lock_guard lock(mutex_);
  for (const auto topic : topics) {
    if (topic >= kConfiguration && !catalog::parse_project_topic(topic)) sources_.insert(topic);
  }
  if (!sources_.empty()) changed_.notify_one();
}

void IndexesAhead::run(const std::stop_token& stop) {
  for (;;) {
    std::set<std::int64_t> sources;
    {
      std::unique_lock lock(mutex_);
      if (!changed_.wait(lock, stop, [&] { return !sources_.empty(); })) return;
      sources.swap(sources_);
    }
    const Context ctx(log_, stop, Context::Clock::now() + kPatience);
    const auto done = render(ctx, sources);
    // Whoever asks will have it rendered.
    if (!done && done.error().code() != Errc::cancelled)
      log_.failed("failed to render indexes ahead", done.error());
  }
}

Result<> IndexesAhead::render(const Context& ctx, const std::set<std::int64_t>& sources) const {
  std::vector<std::string> repositories;
  TRY(catalog_->read(ctx, [&](catalog::ReadView& view) -> Result<> {
    repositories.clear();
    std::set<std::int64_t> mirrors;
    for (const auto& source : TRY(view.sources())) {
      const bool changed = sources.contains(source.id.value) || sources.contains(kConfiguration);
      if (changed && source.type == model::SourceType::cran) mirrors.insert(source.id.value);
    }
    if (mirrors.empty()) return {};
    for (const auto& repository : TRY(view.repositories())) {
      const bool shows = std::any_of(repository.sources.begin(), repository.sources.end(),
                                     [&](model::SourceId id) { return mirrors.contains(id.value); });
      if (shows && repository.type == model::Ecosystem::r) repositories.push_back(repository.name);
    }
    return {};
  }));
  for (const auto& repository : repositories) {
    for (const auto index : {RIndex::packages_rds, RIndex::packages, RIndex::archive_rds}) {
      const auto snapshot = TRY(views_->resolve(ctx, repository, model::Latest{}));
      TRY(indexes_->get(ctx, snapshot, index));
    }
  }
  return {};
}

}  // namespace granary::api
