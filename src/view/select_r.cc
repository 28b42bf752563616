#include "view/select_r.h"

#include <algorithm>

#include "catalog/mirror_keys.h"
#include "r/dependencies.h"
#include "r/history.h"
#include "r/renv_lock.h"
#include "r/version.h"
#include "view/r_tree.h"

namespace granary::view {
namespace {

/// Past every transaction.
constexpr model::TxNo kNewest{INT64_MAX - 1};

/// Its file was replaced under its name: it is not to be had any more.
bool was_replaced(const r::HistoryView& history, std::size_t version) {
  const auto& one = history.versions[version];
  return std::any_of(history.versions.begin() + static_cast<std::ptrdiff_t>(version) + 1,
                     history.versions.end(), [&](const auto& other) {
                       return other.version == one.version && other.folder == one.folder &&
                              other.file_name == one.file_name;
                     });
}

/// Of one moment: what was current, and of what was before as many as there shall be.
void add_versions_at(const r::HistoryView& history, std::optional<Time> moment, std::size_t newest,
                     std::set<std::size_t>& chosen) {
  std::vector<std::size_t> current;
  r::current_on(history, moment, current);
  chosen.insert(current.begin(), current.end());
  if (newest == 1 || (newest != 0 && current.empty())) return;
  auto left = newest == 0 ? history.versions.size() : newest - 1;
  for (auto i = history.versions.size(); i-- > 0 && left > 0;) {
    if (moment && history.versions[i].published >= *moment) continue;
    if (std::find(current.begin(), current.end(), i) != current.end() || was_replaced(history, i)) continue;
    chosen.insert(i);
    --left;
  }
}

/// Indexes of the versions that go; in order.
std::set<std::size_t> versions_of(const r::HistoryView& history, const Selection& selection,
                                  const std::string& version) {
  std::set<std::size_t> chosen;
  if (!version.empty()) {
    for (std::size_t i = 0; i < history.versions.size(); ++i) {
      if (r::compare_versions(history.versions[i].version, version) == 0 && !was_replaced(history, i))
        chosen.insert(i);
    }
    return chosen;
  }
  for (const auto& moment : selection.moments) add_versions_at(history, moment, selection.newest, chosen);
  return chosen;
}

bool lacks_description(const r::HistoryView& history, const std::set<std::size_t>& chosen) {
  return std::any_of(chosen.begin(), chosen.end(),
                     [&](auto i) { return history.versions[i].stanza.empty(); });
}

}  // namespace

Result<Gaps> RSelector::run(const Context& ctx) {
  for (const auto& source : selection_->sources) {
    if (!model::is_mirror(source.type) || on_demand_ == nullptr) continue;
    for (const auto& tree : selection_->trees) {
      const auto wanted = on_demand_->want_tree(ctx, source.id, tree);
      if (!wanted && wanted.error().code() != Errc::not_found) return tl::unexpected(wanted.error());
    }
  }
  if (selection_->packages.empty()) TRY(choose_all(ctx));
  for (const auto& text : selection_->packages) {
    auto pinned = r::parse_pinned(text);
    want(pinned.name);
    chosen_.insert_or_assign(std::move(pinned.name), std::move(pinned.version));
  }
  for (; !queue_.empty(); queue_.pop_front()) {
    TRY(ctx.check());
    TRY(take(ctx, queue_.front()));
  }
  return std::move(gaps_);
}

Result<> RSelector::take(const Context& ctx, const std::string& package) {
  const auto items = TRY(find(ctx, package));
  if (items.empty()) {
    const auto version = version_of(package);
    const auto shown = version.empty() ? package : package + '@' + version;
    if (chosen_.contains(package) && selection_->strict)
      return fail(Errc::not_found,
                  "no source has a package '" + shown.substr(0, 100) + "' at what was chosen",
                  "check its name, --source, --date and --tree");
    gaps_.missing.push_back(shown);
  }
  for (const auto& item : items) {
    TRY((*each_)(item));
    if (!selection_->dependencies) continue;
    for (const auto& file : item.files) {
      for (const auto& needed : r::dependencies_of(file.metadata)) want(needed);
    }
  }
  return {};
}

std::string RSelector::version_of(const std::string& package) const {
  const auto found = chosen_.find(package);
  return found == chosen_.end() ? std::string() : found->second;
}

void RSelector::want(const std::string& package) {
  if (seen_.insert(package).second) queue_.push_back(package);
}

Result<> RSelector::choose_all(const Context& ctx) {
  std::set<std::string> all;
  TRY(catalog_->read(ctx, [&](catalog::ReadView& view) -> Result<> {
    all.clear();
    for (const auto& source : selection_->sources) {
      if (!model::is_mirror(source.type)) {
        const auto now = TRY(view.resolve(source.id, model::Latest{}));
        TRY(view.for_each_file(source.id, now, [&](const model::FileRecord& file) -> Result<> {
          all.insert(file.package);
          return {};
        }));
        continue;
      }
      for (const auto& tree : selection_->trees) {
        TRY(view.mirrors().for_each_record(source.id, tree, kNewest,
                                           [&](const catalog::MirrorRecord& record) -> Result<> {
                                             r::HistoryView history;
                                             TRY(r::decode_history(record.bytes, history));
                                             if (!versions_of(history, *selection_, "").empty())
                                               all.insert(record.package);
                                             return {};
                                           }));
      }
    }
    return {};
  }));
  for (const auto& package : all) want(package);
  return {};
}

Result<RSelector::Items> RSelector::find(const Context& ctx, const std::string& package) {
  for (const auto& source : selection_->sources) {
    if (model::is_mirror(source.type)) {
      auto items = TRY(find_mirrored(ctx, source, package));
      if (!items.empty()) return items;
      continue;
    }
    Selected own{source.id, "", package, "", {}};
    TRY(catalog_->read(ctx, [&](catalog::ReadView& view) -> Result<> {
      own.files = TRY(view.files(source.id, TRY(view.resolve(source.id, model::Latest{})), package));
      return {};
    }));
    if (const auto version = version_of(package); !version.empty())
      std::erase_if(own.files,
                    [&](const auto& file) { return r::compare_versions(file.version, version) != 0; });
    if (!own.files.empty()) return Items{std::move(own)};
  }
  return Items{};
}

Result<RSelector::Items> RSelector::find_mirrored(const Context& ctx, const model::Source& source,
                                                  const std::string& package) {
  Items items;
  for (const auto& tree : selection_->trees) {
    if (auto item = TRY(in_tree(ctx, source, tree, package))) items.push_back(*std::move(item));
  }
  return items;
}

Result<std::optional<Selected>> RSelector::in_tree(const Context& ctx, const model::Source& source,
                                                   const std::string& tree, const std::string& package) {
  for (bool asked = on_demand_ == nullptr;; asked = true) {
    std::optional<catalog::MirrorRecord> record;
    TRY(catalog_->read(ctx, [&](catalog::ReadView& view) -> Result<> {
      record = TRY(view.mirrors().record(source.id, tree, package, std::nullopt));
      return {};
    }));
    if (!record || record->gone_in) return std::optional<Selected>();
    r::HistoryView history;
    TRY(r::decode_history(record->bytes, history));
    const auto shown = versions_of(history, *selection_, version_of(package));
    if (shown.empty()) return std::optional<Selected>();
    const bool described = selection_->records || selection_->dependencies;
    if (!asked && described && lacks_description(history, shown)) {
      std::vector<catalog::OnDemand::Version> few;
      for (const auto i : shown) {
        if (history.versions[i].stanza.empty())
          few.push_back({package, std::string(history.versions[i].version)});
      }
      TRY(on_demand_->want_described(ctx, source.id, few, std::nullopt));
      continue;
    }
    std::vector<std::size_t> now;
    r::current_on(history, std::nullopt, now);
    Selected item{source.id, tree, package, "", {}};
    for (const auto i : shown) {
      const bool archived = std::find(now.begin(), now.end(), i) == now.end();
      item.files.push_back(file_record(source.id, tree, history, i, archived));
    }
    if (!selection_->records) return std::optional(std::move(item));
    auto kept = TRY(r::decode_history(record->bytes));
    std::vector<r::HistoryVersion> versions;
    for (const auto i : shown) versions.push_back(std::move(kept.versions[i]));
    kept.versions = std::move(versions);
    item.record = r::encode(kept);
    return std::optional(std::move(item));
  }
}

}  // namespace granary::view
