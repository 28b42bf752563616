#include "view/r_trees.h"

#include <algorithm>

#include "base/text.h"
#include "catalog/mirror_keys.h"

namespace granary::view {
namespace {

/// Past every transaction.
constexpr model::TxNo kNewest{INT64_MAX - 1};
/// Locked URLs and numbers that are asked for now.
constexpr std::size_t kOlderKept = 4;

Result<RTree::Package> to_package(std::string bytes) {
  RTree::Package package;
  package.record = std::make_shared<const std::string>(std::move(bytes));
  r::HistoryView history;
  TRY(r::decode_history(*package.record, history));
  package.name = history.package;
  return package;
}

Result<model::TxNo> last_of(catalog::ReadView& view, model::SourceId source) {
  return view.resolve(source, model::Latest{});
}

model::TxNo number_of(const catalog::MirrorRecord& record) {
  return std::max(record.added_in, record.gone_in.value_or(model::TxNo{}));
}

}  // namespace

Result<RTrees::Shared> RTrees::get(const Context& ctx, const model::Pin& pin, std::string_view tree) {
  const auto held = slot(pin.source, tree);
  auto now = TRY(newest(ctx, *held, pin, tree));
  if (!pin.exact || now->newest_record <= pin.at) return now;
  return older(ctx, *held, pin, tree, *now);
}

std::shared_ptr<RTrees::Slot> RTrees::slot(model::SourceId source, std::string_view tree) {
  const std::lock_guard lock(mutex_);
  auto& at = slots_[{source.value, std::string(tree)}];
  if (!at) at = std::make_shared<Slot>();
  return at;
}

Result<RTrees::Shared> RTrees::newest(const Context& ctx, Slot& held, const model::Pin& pin,
                                      std::string_view tree) {
  const auto good = [&]() -> Shared {
    const std::lock_guard lock(mutex_);
    return held.newest && held.newest->known_at >= pin.at ? held.newest : nullptr;
  };
  if (auto known = good()) return known;
  const std::lock_guard one_at_a_time(held.loading);
  if (auto known = good()) return known;

  Shared before;
  {
    const std::lock_guard lock(mutex_);
    before = held.newest;
  }
  auto fresh = std::make_shared<RTree>();
  std::map<std::string, std::optional<RTree::Package>> changes;
  TRY(catalog_->read(ctx, [&](catalog::ReadView& view) -> Result<> {
    auto epoch = TRY(view.mirrors().state(pin.source, catalog::kCleared));
    if (before && before->epoch != epoch) before = nullptr;  // all of it is gone, without a trace
    *fresh = before ? *before : RTree{};
    fresh->epoch = std::move(epoch);
    changes.clear();
    fresh->known_at = TRY(last_of(view, pin.source));
    const auto take = [&](const catalog::MirrorRecord& record) -> Result<> {
      fresh->newest_record = std::max(fresh->newest_record, number_of(record));
      auto package = TRY(to_package(record.bytes));
      fresh->packages.push_back(std::move(package));
      return {};
    };
    if (!before) return view.mirrors().for_each_record(pin.source, tree, kNewest, take);
    return view.mirrors().for_each_change(pin.source, tree, before->newest_record, kNewest,
                                          [&](const catalog::MirrorRecord& record) -> Result<> {
                                            fresh->newest_record =
                                                std::max(fresh->newest_record, number_of(record));
                                            auto& change = changes[record.package];
                                            change.reset();
                                            if (!record.gone_in) change = TRY(to_package(record.bytes));
                                            return {};
                                          });
  }));
  if (!changes.empty()) {
    std::erase_if(fresh->packages,
                  [&](const RTree::Package& one) { return changes.contains(std::string(one.name)); });
    for (auto& [name, package] : changes) {
      if (package) fresh->packages.push_back(*std::move(package));
    }
  }
  std::sort(fresh->packages.begin(), fresh->packages.end(),
            [](const RTree::Package& a, const RTree::Package& b) { return a.name < b.name; });
  // An empty tree may be read from upstream at any moment, without a transaction of its source.
  const std::lock_guard lock(mutex_);
  if (fresh->packages.empty()) {
    slots_.erase({pin.source.value, std::string(tree)});  // anybody may ask for trees that are not
    return Shared(std::move(fresh));
  }
  held.newest = fresh;
  return Shared(std::move(fresh));
}

Result<RTrees::Shared> RTrees::older(const Context& ctx, Slot& held, const model::Pin& pin,
                                     std::string_view tree, const RTree& newest) {
  const std::lock_guard one_at_a_time(held.loading);
  auto fresh = std::make_shared<RTree>();
  Shared known;
  TRY(catalog_->read(ctx, [&](catalog::ReadView& view) -> Result<> {
    *fresh = {};
    // What was not known then is shown as it was read first.
    const auto first = parse_unsigned(TRY(view.mirrors().state(pin.source, catalog::first_number_key(tree))));
    const model::TxNo at{std::max(pin.at.value, static_cast<std::int64_t>(first.value_or(0)))};
    fresh->known_at = at;
    for (auto it = held.older.begin(); it != held.older.end(); ++it) {
      if (it->first != at) continue;
      held.older.splice(held.older.begin(), held.older, it);
      known = it->second;
      return {};
    }
    return view.mirrors().for_each_record(pin.source, tree, at,
                                          [&](const catalog::MirrorRecord& record) -> Result<> {
                                            const auto* now = newest.find(record.package);
                                            if (now != nullptr && *now->record == record.bytes) {
                                              fresh->packages.push_back(*now);
                                            } else {
                                              auto package = TRY(to_package(record.bytes));
                                              fresh->packages.push_back(std::move(package));
                                            }
                                            return {};
                                          });
  }));
  if (known) return known;
  std::sort(fresh->packages.begin(), fresh->packages.end(),
            [](const RTree::Package& a, const RTree::Package& b) { return a.name < b.name; });
  held.older.emplace_front(fresh->known_at, fresh);
  if (held.older.size() > kOlderKept) held.older.pop_back();
  return Shared(std::move(fresh));
}

}  // namespace granary::view
