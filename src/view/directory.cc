#include "view/directory.h"

#include <algorithm>

#include "base/text.h"

namespace granary::view {

Result<Known> Directory::find(const Context& ctx, std::string_view name_or_id) {
  const auto now = TRY(listing(ctx));
  Known known;
  known.configuration = now->configuration;
  if (const auto id = parse_unsigned(name_or_id)) {
    const auto at = now->by_id.find(static_cast<std::int64_t>(*id));
    if (at != now->by_id.end()) known.repository = at->second;
  } else {
    const auto at = now->by_name.find(std::string(name_or_id));
    if (at != now->by_name.end()) known.repository = at->second;
  }
  if (known.repository) {
    const std::scoped_lock lock(mutex_);
    const auto at = generations_.find(known.repository->id.value);
    // Absent when it was deleted just now: a count that has moved on already.
    const auto counts = at != generations_.end() ? at->second : Counts{};
    known.generation = counts.all;
    known.projects = counts.projects;
  }
  return known;
}

void Directory::heard(std::span<const std::int64_t> topics) {
  // Below zero are topics of others: work, tokens, nodes.
  if (!topics.empty() && std::all_of(topics.begin(), topics.end(), [](auto topic) { return topic < 0; }))
    return;
  const std::scoped_lock lock(mutex_);
  const bool everything =
      topics.empty() || std::find(topics.begin(), topics.end(), catalog::kConfigurationTopic) != topics.end();
  if (everything) configuration_->bump();
  // With a listing that is out of date nobody knows who subscribes to a source.
  if (everything || !listing_ || listing_->configuration != configuration_->now()) {
    for (const auto& [id, counts] : generations_) counts.bump();
    return;
  }
  for (const auto topic : topics) {
    const auto project = catalog::parse_project_topic(topic);
    const auto at = listing_->subscribers.find(project ? project->source.value : topic);
    if (at == listing_->subscribers.end()) continue;
    for (const auto& counts : at->second) {
      if (!project) {
        counts.bump();
      } else if (counts.projects) {
        (*counts.projects)[project->shard].bump();
      }
    }
  }
}

void Directory::projects_may_be_old() {
  const std::scoped_lock lock(mutex_);
  for (const auto& [id, counts] : generations_) counts.bump_projects();
}

void Directory::Counts::bump() const {
  all->bump();
  bump_projects();
}

void Directory::Counts::bump_projects() const {
  if (!projects) return;
  for (auto& generation : *projects) generation.bump();
}

Result<std::shared_ptr<const Directory::Listing>> Directory::listing(const Context& ctx) {
  const auto current = [&]() -> std::shared_ptr<const Listing> {
    const std::scoped_lock lock(mutex_);
    return listing_ && listing_->configuration == configuration_->now() ? listing_ : nullptr;
  };
  if (auto now = current()) return now;
  const std::scoped_lock one_at_a_time(loading_);
  if (auto now = current()) return now;
  return load(ctx);
}

Result<std::shared_ptr<const Directory::Listing>> Directory::load(const Context& ctx) {
  auto fresh = std::make_shared<Listing>();
  fresh->configuration = configuration_->now();  // before reading: what changes from here on makes it stale
  std::vector<model::Repository> all;
  TRY(catalog_->read(ctx, [&](catalog::ReadView& view) -> Result<> {
    all = TRY(view.repositories());
    return {};
  }));

  const std::scoped_lock lock(mutex_);
  std::map<std::int64_t, Counts> generations;
  for (auto& one : all) {
    auto repository = std::make_shared<const model::Repository>(std::move(one));
    const auto id = repository->id.value;
    const auto known = generations_.find(id);
    auto& counts = generations[id];
    if (known != generations_.end()) counts = known->second;
    if (!counts.projects && repository->type == model::Ecosystem::python)
      counts.projects = std::make_shared<ProjectGenerations>();
    for (const auto source : repository->sources) fresh->subscribers[source.value].push_back(counts);
    fresh->by_id.emplace(id, repository);
    fresh->by_name.emplace(repository->name, std::move(repository));
  }
  generations_ = std::move(generations);
  listing_ = fresh;
  return listing_;
}

}  // namespace granary::view
