#include "view/pins.h"

#include <algorithm>
#include <map>

#include "base/time_text.h"
#include "catalog/mirror_keys.h"
#include "view/pinned.h"

namespace granary::view {
namespace {

using catalog::ReadView;
using model::Pin;
using model::Source;
using model::SourceType;

/// A transaction is stamped before it commits, by any node's clock: a day is settled only this long after its
/// end.
constexpr std::chrono::seconds kClocksMayDiffer{60};

using Sources = std::map<model::SourceId, Source>;

Result<Sources> sources_of(ReadView& view) {
  Sources all;
  for (auto& source : TRY(view.sources())) {
    const auto id = source.id;
    all.emplace(id, std::move(source));
  }
  return all;
}

Result<bool> synced_past(ReadView& view, const Source& mirror, Time until) {
  const auto text = TRY(view.mirrors().state(mirror.id, catalog::kSyncedUntil));
  const auto micros = text.empty() ? 0 : std::strtoll(text.c_str(), nullptr, 10);
  return Time(std::chrono::microseconds(micros)) >= until;
}

/// A mirror at a moment of upstream's history.
Result<Pin> pin_before(ReadView& view, const Source& mirror, Time until) {
  auto at = TRY(view.mirrors().last_affecting(mirror.id, until));
  // Upstream's past before anything that a transaction names is that of the first one.
  if (at.value == 0) at = mirror.last_tx;
  return Pin{.source = mirror.id, .type = mirror.type, .at = at, .until = until};
}

Result<std::optional<Pin>> pin_of(ReadView& view, const Sources& sources, const Source& source,
                                  const model::SnapshotRef& ref, Time now, bool& settled) {
  const auto* as_of = std::get_if<model::AsOf>(&ref);
  if (source.type == SourceType::cran_snapshot) {
    const auto shown = sources.find(source.frozen_of);
    if (shown == sources.end() || !source.frozen_at) return std::nullopt;
    auto frozen = model::AsOf{*source.frozen_at};
    if (as_of != nullptr) frozen.day = std::min(frozen.day, as_of->day);
    return pin_of(view, sources, shown->second, frozen, now, settled);
  }
  if (!model::is_mirror(source.type)) {
    const auto at = TRY(view.resolve(source.id, ref));
    if (at.value == 0) return std::nullopt;
    return Pin{.source = source.id, .type = source.type, .at = at};
  }
  if (as_of != nullptr) {
    const auto until = end_of(as_of->day);
    settled = settled && TRY(synced_past(view, source, until));
    return TRY(pin_before(view, source, until));
  }
  const auto at = TRY(view.resolve(source.id, ref));
  const bool exact = std::holds_alternative<model::TxNo>(ref);
  // What a mirror shows may be fetched on demand: it is there before its first transaction.
  if (at.value == 0 && exact) return std::nullopt;
  return Pin{.source = source.id, .type = source.type, .at = at, .until = std::nullopt, .exact = exact};
}

tl::unexpected<Error> no_such_pinned(const model::Pinned& pinned) {
  return fail(Errc::not_found,
              "no pinned snapshot '" + day_text(pinned.day) + "+" + pinned.id.substr(0, 40) + "'",
              "make one with: granary url create");
}

Result<Resolved> resolve_pinned(ReadView& view, const model::Repository& repository,
                                const model::Pinned& pinned) {
  const auto long_form = pins_of_long_id(pinned.id);
  const auto text = long_form ? long_form : TRY(view.find_pinned(repository.id, pinned.id));
  if (!text) return no_such_pinned(pinned);
  auto pins = parse_pins(*text);
  if (!pins) return no_such_pinned(pinned);
  const auto sources = TRY(sources_of(view));
  bool settled = true;
  for (auto& pin : *pins) {  // one that is not locked shows the newest that is known of its day
    const auto source = sources.find(pin.source);
    if (pin.exact || !model::is_mirror(pin.type) || source == sources.end()) continue;
    settled = settled && pin.until && TRY(synced_past(view, source->second, *pin.until));
    pin.at = pin.until ? TRY(pin_before(view, source->second, *pin.until)).at : source->second.last_tx;
  }
  if (long_form) {  // anybody can write one: it may not show what the repository does not
    std::erase_if(*pins, [&](const Pin& pin) {
      return std::none_of(repository.sources.begin(), repository.sources.end(), [&](model::SourceId id) {
        const auto known = sources.find(id);
        return id == pin.source ||
               (known != sources.end() && known->second.frozen_at && known->second.frozen_of == pin.source);
      });
    });
  }
  return Resolved{*std::move(pins), settled};
}

}  // namespace

Time end_of(std::chrono::sys_days day) noexcept { return Time(day + std::chrono::days(1)); }

bool is_over(const model::SnapshotRef& ref, Time now) noexcept {
  const auto* as_of = std::get_if<model::AsOf>(&ref);
  if (as_of != nullptr) return end_of(as_of->day) + kClocksMayDiffer <= now;
  return std::holds_alternative<model::TxNo>(ref);
}

Result<Resolved> resolve_pins(ReadView& view, const model::Repository& repository,
                              const model::SnapshotRef& ref, Time now) {
  if (const auto* pinned = std::get_if<model::Pinned>(&ref)) return resolve_pinned(view, repository, *pinned);
  const auto* number = std::get_if<model::TxNo>(&ref);
  const auto sources = TRY(sources_of(view));
  Resolved resolved;
  resolved.settled = is_over(ref, now);
  for (const auto id : repository.sources) {
    const auto source = sources.find(id);
    if (source == sources.end()) continue;
    auto pin = TRY(pin_of(view, sources, source->second, ref, now, resolved.settled));
    if (pin) resolved.pins.push_back(*std::move(pin));
  }
  if (number != nullptr) {
    model::TxNo newest;
    for (const auto& [id, source] : sources) newest = std::max(newest, source.last_tx);
    if (*number > newest)  // else it would answer differently once it is reached
      return fail(
          Errc::not_found, "there is no transaction " + std::to_string(number->value) + " yet",
          "the newest is " + std::to_string(newest.value) + "; use latest, a day or a number up to it");
  }
  return resolved;
}

}  // namespace granary::view
