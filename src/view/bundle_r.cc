#include "view/bundle_r.h"

#include <algorithm>

#include "catalog/mirror_keys.h"
#include "r/dependencies.h"
#include "r/history.h"
#include "view/r_tree.h"

namespace granary::view {
namespace {

/// Past every transaction.
constexpr model::TxNo kNewest{INT64_MAX - 1};

/// Which versions are shown at any of the moments; in order.
std::set<std::size_t> shown_at(const r::HistoryView& history,
                               const std::vector<std::optional<Time>>& moments) {
  std::set<std::size_t> shown;
  std::vector<std::size_t> current;
  for (const auto& moment : moments) {
    r::current_on(history, moment, current);
    shown.insert(current.begin(), current.end());
  }
  return shown;
}

bool lacks_description(const r::HistoryView& history, const std::set<std::size_t>& shown) {
  return std::any_of(shown.begin(), shown.end(), [&](auto i) { return history.versions[i].stanza.empty(); });
}

}  // namespace

Result<BundleGaps> RBundle::run(const Context& ctx, const std::function<Result<>(const BundleItem&)>& each) {
  for (const auto& source : request_->sources) {
    if (!model::is_mirror(source.type) || on_demand_ == nullptr) continue;
    for (const auto& tree : request_->trees) {
      const auto wanted = on_demand_->want_tree(ctx, source.id, tree);
      if (!wanted && wanted.error().code() != Errc::not_found) return tl::unexpected(wanted.error());
    }
  }
  if (request_->packages.empty()) TRY(choose_all(ctx));
  for (const auto& package : request_->packages) want(package);
  const std::set<std::string> chosen(request_->packages.begin(), request_->packages.end());
  BundleGaps gaps;
  for (; !queue_.empty(); queue_.pop_front()) {
    TRY(ctx.check());
    const auto& package = queue_.front();
    const auto items = TRY(find(ctx, package));
    if (items.empty() && chosen.contains(package))
      return fail(Errc::not_found,
                  "no source has a package '" + package.substr(0, 100) + "' at what was chosen",
                  "check its name, --source, --date and --tree");
    if (items.empty()) gaps.missing.push_back(package);
    for (const auto& item : items) {
      TRY(each(item));
      if (!request_->dependencies) continue;
      for (const auto& file : item.files) {
        for (const auto& needed : r::dependencies_of(file.metadata)) want(needed);
      }
    }
  }
  return gaps;
}

void RBundle::want(const std::string& package) {
  if (seen_.insert(package).second) queue_.push_back(package);
}

Result<> RBundle::choose_all(const Context& ctx) {
  std::set<std::string> all;
  TRY(catalog_->read(ctx, [&](catalog::ReadView& view) -> Result<> {
    all.clear();
    for (const auto& source : request_->sources) {
      if (!model::is_mirror(source.type)) {
        const auto now = TRY(view.resolve(source.id, model::Latest{}));
        TRY(view.for_each_file(source.id, now, [&](const model::FileRecord& file) -> Result<> {
          all.insert(file.package);
          return {};
        }));
        continue;
      }
      for (const auto& tree : request_->trees) {
        TRY(view.mirrors().for_each_record(source.id, tree, kNewest,
                                           [&](const catalog::MirrorRecord& record) -> Result<> {
                                             r::HistoryView history;
                                             TRY(r::decode_history(record.bytes, history));
                                             if (!shown_at(history, request_->moments).empty())
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

Result<RBundle::Items> RBundle::find(const Context& ctx, const std::string& package) {
  for (const auto& source : request_->sources) {
    if (model::is_mirror(source.type)) {
      auto items = TRY(find_mirrored(ctx, source, package));
      if (!items.empty()) return items;
      continue;
    }
    BundleItem own{source.id, "", package, "", {}};
    TRY(catalog_->read(ctx, [&](catalog::ReadView& view) -> Result<> {
      own.files = TRY(view.files(source.id, TRY(view.resolve(source.id, model::Latest{})), package));
      return {};
    }));
    if (!own.files.empty()) return Items{std::move(own)};
  }
  return Items{};
}

Result<RBundle::Items> RBundle::find_mirrored(const Context& ctx, const model::Source& source,
                                              const std::string& package) {
  Items items;
  for (const auto& tree : request_->trees) {
    if (auto item = TRY(in_tree(ctx, source, tree, package))) items.push_back(*std::move(item));
  }
  return items;
}

Result<std::optional<BundleItem>> RBundle::in_tree(const Context& ctx, const model::Source& source,
                                                   const std::string& tree, const std::string& package) {
  for (bool asked = on_demand_ == nullptr;; asked = true) {
    std::optional<catalog::MirrorRecord> record;
    TRY(catalog_->read(ctx, [&](catalog::ReadView& view) -> Result<> {
      record = TRY(view.mirrors().record(source.id, tree, package, std::nullopt));
      return {};
    }));
    if (!record || record->gone_in) return std::optional<BundleItem>();
    r::HistoryView history;
    TRY(r::decode_history(record->bytes, history));
    const auto shown = shown_at(history, request_->moments);
    if (shown.empty()) return std::optional<BundleItem>();
    if (!asked && lacks_description(history, shown)) {
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
    auto kept = TRY(r::decode_history(record->bytes));
    BundleItem item{source.id, tree, package, "", {}};
    std::vector<r::HistoryVersion> versions;
    for (const auto i : shown) {
      const bool archived = std::find(now.begin(), now.end(), i) == now.end();
      item.files.push_back(file_record(source.id, tree, history, i, archived));
      versions.push_back(kept.versions[i]);
    }
    kept.versions = std::move(versions);
    item.record = r::encode(kept);
    return std::optional(std::move(item));
  }
}

}  // namespace granary::view
