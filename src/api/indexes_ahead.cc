#include "api/indexes_ahead.h"

#include <malloc.h>

#include <algorithm>
#include <chrono>

#include "api/python_pages.h"

namespace granary::api {
namespace {

/// The topic of what is configured: repositories and their sources.
constexpr std::int64_t kConfiguration = 0;
constexpr std::chrono::minutes kPatience{5};

/// In one index of all of it; of Bioconductor a client names the part that it wants.
bool is_shown_whole(model::SourceType type) {
  return type == model::SourceType::cran || type == model::SourceType::pypi;
}

}  // namespace

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
  if (topics.empty()) sources_.insert(kConfiguration);  // anything may have changed
  for (const auto topic : topics) {
    if (topic == kConfiguration || mirrors_.contains(topic)) sources_.insert(topic);
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
    // This, and the synchronisation that it follows, used much memory for a short time: of all of CRAN and
    // PyPI 200 MB, which glibc keeps otherwise.
    ::malloc_trim(0);
  }
}

Result<> IndexesAhead::render(const Context& ctx, const std::set<std::int64_t>& sources) const {
  std::vector<std::pair<std::string, model::Ecosystem>> repositories;
  std::set<std::int64_t> all;
  TRY(catalog_->read(ctx, [&](catalog::ReadView& view) -> Result<> {
    repositories.clear();
    all.clear();
    std::set<std::int64_t> mirrors;
    for (const auto& source : TRY(view.sources())) {
      if (!is_shown_whole(source.type)) continue;
      all.insert(source.id.value);
      if (sources.contains(source.id.value) || sources.contains(kConfiguration))
        mirrors.insert(source.id.value);
    }
    if (mirrors.empty()) return {};
    for (const auto& repository : TRY(view.repositories())) {
      const bool shows = std::any_of(repository.sources.begin(), repository.sources.end(),
                                     [&](model::SourceId id) { return mirrors.contains(id.value); });
      if (shows) repositories.emplace_back(repository.name, repository.type);
    }
    return {};
  }));
  {
    const std::lock_guard lock(mutex_);
    mirrors_ = std::move(all);
  }
  for (const auto& [repository, type] : repositories) TRY(render(ctx, repository, type));
  return {};
}

Result<> IndexesAhead::render(const Context& ctx, const std::string& repository,
                              model::Ecosystem type) const {
  // Resolved anew for each: rendering takes a while.
  const auto latest = [&] { return views_->resolve(ctx, repository, model::Latest{}); };
  if (type == model::Ecosystem::python) {
    for (const auto form : {python::SimpleForm::json, python::SimpleForm::html}) {
      const auto list = TRY(rendered_list(*views_, ctx, TRY(latest()), form));
      list->gzip();
      list->zstd();
    }
  }
  if (type == model::Ecosystem::r) {
    for (const auto index : {RIndex::packages_rds, RIndex::packages, RIndex::archive_rds})
      TRY(indexes_->get(ctx, TRY(latest()), index))->gzip();
  }
  return {};
}

}  // namespace granary::api
