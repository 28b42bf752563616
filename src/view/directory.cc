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
    known.generation = at != generations_.end() ? at->second : std::make_shared<Generation>();
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
    for (const auto& [id, generation] : generations_) generation->bump();
    return;
  }
  for (const auto topic : topics) {
    const auto at = listing_->subscribers.find(topic);
    if (at == listing_->subscribers.end()) continue;
    for (const auto& generation : at->second) generation->bump();
  }
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
  std::map<std::int64_t, std::shared_ptr<Generation>> generations;
  for (auto& one : all) {
    auto repository = std::make_shared<const model::Repository>(std::move(one));
    const auto id = repository->id.value;
    const auto known = generations_.find(id);
    const auto& generation = generations[id] =
        known != generations_.end() ? known->second : std::make_shared<Generation>();
    for (const auto source : repository->sources) fresh->subscribers[source.value].push_back(generation);
    fresh->by_id.emplace(id, repository);
    fresh->by_name.emplace(repository->name, std::move(repository));
  }
  generations_ = std::move(generations);
  listing_ = fresh;
  return listing_;
}

}  // namespace granary::view
