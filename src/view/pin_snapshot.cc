#include "view/pin_snapshot.h"

#include <algorithm>

#include "base/time_text.h"
#include "catalog/named.h"
#include "view/pinned.h"
#include "view/pins.h"

namespace granary::view {
namespace {

using catalog::ReadView;

Result<model::SourceId> subscribed(ReadView& view, const model::Repository& repository,
                                   const std::string& name) {
  const auto source = TRY(view.find_source(name));
  const auto& all = repository.sources;
  if (!source || std::find(all.begin(), all.end(), source->id) == all.end())
    return fail(Errc::invalid_argument,
                "the repository '" + repository.name + "' does not subscribe to a source '" +
                    name.substr(0, 80) + "'",
                "list its sources with: granary list sources --repo " + repository.name);
  return source->id;
}

/// One pin per source in order of subscription: as its own snapshot says, else as the day does.
Result<std::vector<model::Pin>> pins_of(ReadView& view, const model::Repository& repository,
                                        const PinWish& wish, std::chrono::sys_days day, Time now) {
  std::vector<std::pair<model::SourceId, model::SnapshotRef>> named;
  for (const auto& [name, ref] : wish.sources)
    named.emplace_back(TRY(subscribed(view, repository, name)), ref);
  std::vector<model::Pin> pins;
  for (const auto id : repository.sources) {
    const auto own =
        std::find_if(named.begin(), named.end(), [&](const auto& one) { return one.first == id; });
    model::Repository alone = repository;
    alone.sources = {id};
    const model::SnapshotRef ref = own != named.end() ? own->second : model::SnapshotRef{model::AsOf{day}};
    const auto resolved = TRY(resolve_pins(view, alone, ref, now));
    pins.insert(pins.end(), resolved.pins.begin(), resolved.pins.end());
  }
  for (auto& pin : pins) pin.exact = pin.exact || wish.locked;
  return pins;
}

}  // namespace

Result<PinnedSnapshot> pin_snapshot(const Context& ctx, catalog::Catalog& catalog, const PinWish& wish,
                                    Time now) {
  const auto day = wish.day.value_or(std::chrono::floor<std::chrono::days>(now));
  model::Repository repository;
  std::string text;
  TRY(catalog.read(ctx, [&](ReadView& view) -> Result<> {
    repository = TRY(catalog::repository_named(view, wish.repository));
    text = pins_text(TRY(pins_of(view, repository, wish, day, now)));
    return {};
  }));
  const std::string id = wish.alias ? short_id(text) : long_id(text);
  const std::string snapshot = day_text(day) + '+' + id;
  if (!model::parse_snapshot(snapshot))
    return fail(Errc::too_large, "the repository has too many sources for a long identifier",
                "leave --no-alias out");
  if (wish.alias)
    TRY(catalog.write(ctx,
                      [&](catalog::WriteView& view) { return view.add_pinned(repository.id, id, text); }));
  return PinnedSnapshot{repository.name, snapshot};
}

}  // namespace granary::view
