#include "view/directory.h"

#include <algorithm>

#include "base/away.h"
#include "base/text.h"
#include "view/own_sources.h"

namespace granary::view {
namespace {

/// Whether the message that has the topic of a source has those of packages too.
bool names_packages_of(std::span<const std::int64_t> topics, std::int64_t source) {
  return std::any_of(topics.begin(), topics.end(), [source](std::int64_t topic) {
    const auto project = catalog::parse_project_topic(topic);
    return project && project->source.value == source;
  });
}

}  // namespace

Known Directory::find_in(const Listing& listing, std::string_view name_or_id) {
  Known known;
  known.configuration = listing.configuration;
  known.sources = listing.sources;
  if (const auto id = parse_unsigned(name_or_id)) {
    const auto at = listing.by_id.find(static_cast<std::int64_t>(*id));
    if (at != listing.by_id.end()) known.repository = at->second;
  } else {
    const auto at = listing.by_name.find(std::string(name_or_id));
    if (at != listing.by_name.end()) known.repository = at->second;
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

Result<Known> Directory::find(const Context& ctx, std::string_view name_or_id) {
  const auto now = TRY(listing(ctx));
  auto known = find_in(*now, name_or_id);
  // A listing that is out of date, because the database cannot be asked, denies nothing.
  if (!known.repository && now->configuration != configuration_->now())
    known = find_in(*TRY(current_listing(ctx)), name_or_id);
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
  const auto& sources = *listing_->sources;
  for (const auto topic : topics) {
    if (catalog::parse_project_topic(topic)) continue;
    const auto at = listing_->subscribers.find(topic);
    if (at == listing_->subscribers.end()) continue;
    const auto type = sources.find(model::SourceId{topic});
    const bool named = type != sources.end() && is_own(type->second) && names_packages_of(topics, topic);
    for (const auto& counts : at->second) named ? counts.all->bump() : counts.bump();
  }
  for (const auto topic : topics) {  // after the whole: see Known
    const auto project = catalog::parse_project_topic(topic);
    if (!project) continue;
    const auto at = listing_->subscribers.find(project->source.value);
    if (at == listing_->subscribers.end()) continue;
    for (const auto& counts : at->second) (*counts.projects)[project->shard].bump();
  }
}

void Directory::projects_may_be_old() {
  const std::scoped_lock lock(mutex_);
  for (const auto& [id, counts] : generations_)
    if (counts.fetches) counts.bump_projects();
}

void Directory::Counts::bump() const {
  all->bump();
  bump_projects();
}

void Directory::Counts::bump_projects() const {
  for (auto& generation : *projects) generation.bump();
}

Result<std::shared_ptr<const Directory::Listing>> Directory::current_listing(const Context& ctx) {
  const auto current = [&]() -> std::shared_ptr<const Listing> {
    const std::scoped_lock lock(mutex_);
    return listing_ && listing_->configuration == configuration_->now() ? listing_ : nullptr;
  };
  if (auto now = current()) return now;
  const std::unique_lock one_at_a_time(loading_, ctx.deadline());
  if (!one_at_a_time)
    return fail(Errc::deadline_exceeded, "others took longer than the deadline to read the same",
                "try again");
  if (auto now = current()) return now;
  return load(ctx);
}

Result<std::shared_ptr<const Directory::Listing>> Directory::listing(const Context& ctx) {
  auto now = current_listing(ctx);
  if (now || !is_away(now.error())) return now;
  const std::scoped_lock lock(mutex_);
  return listing_ ? Result<std::shared_ptr<const Listing>>(listing_) : now;
}

Result<std::shared_ptr<const Directory::Listing>> Directory::load(const Context& ctx) {
  auto fresh = std::make_shared<Listing>();
  fresh->configuration = configuration_->now();  // before reading: what changes from here on makes it stale
  std::vector<model::Repository> all;
  std::vector<model::Source> sources;
  TRY(catalog_->read(ctx, [&](catalog::ReadView& view) -> Result<> {
    all = TRY(view.repositories());
    sources = TRY(view.sources());
    return {};
  }));

  auto types = std::make_shared<SourceTypes>();
  for (const auto& source : sources) types->emplace(source.id, source.type);
  fresh->sources = types;

  const std::scoped_lock lock(mutex_);
  std::map<std::int64_t, Counts> generations;
  for (auto& one : all) {
    auto repository = std::make_shared<const model::Repository>(std::move(one));
    const auto id = repository->id.value;
    const auto known = generations_.find(id);
    auto& counts = generations[id];
    if (known != generations_.end()) counts = known->second;
    counts.fetches =
        std::any_of(repository->sources.begin(), repository->sources.end(), [&](model::SourceId source) {
          const auto type = types->find(source);
          return type != types->end() && type->second == model::SourceType::pypi;
        });
    for (const auto source : repository->sources) fresh->subscribers[source.value].push_back(counts);
    fresh->by_id.emplace(id, repository);
    fresh->by_name.emplace(repository->name, std::move(repository));
  }
  generations_ = std::move(generations);
  listing_ = fresh;
  return listing_;
}

}  // namespace granary::view
