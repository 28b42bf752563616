#include "mirror/bioc_config.h"

#include "base/hash.h"
#include "catalog/mirror_keys.h"
#include "r/bioc_config.h"
#include "r/history.h"

namespace granary::mirror {
namespace {

constexpr std::uint64_t kLargest = 4 << 20;

std::vector<std::string> trees_of(const std::string& release) {
  std::vector<std::string> trees;
  for (const auto* part : {"bioc", "data/annotation", "data/experiment", "workflows", "books"})
    trees.push_back("packages/" + release + "/" + part + "/src/contrib");
  return trees;
}

}  // namespace

Result<BiocConfigSynced> sync_bioc_config(const Parts& parts, const Context& ctx,
                                          const model::Source& source) {
  const auto began = parts.clock->now();
  const auto client = TRY(parts.clients->of(ctx, source));
  upstream::Get get;
  get.url = std::string(catalog::kBiocConfig);
  get.limit = kLargest;
  auto answer = TRY(client->get(ctx, get));
  const auto config = TRY(r::parse_bioc_config(answer.body));

  // One package with one version whose "fields" are the file: the rules of what was seen when are the same.
  r::UpstreamPackage said;
  said.package = catalog::kBiocConfig;
  said.listed.push_back(
      {{.version = config.release, .md5 = md5_hex(as_bytes(answer.body)), .stanza = answer.body}, false});
  BiocConfigSynced out{{}, trees_of(config.release)};
  TRY(parts.catalog->write(ctx, [&](catalog::WriteView& view) -> Result<> {
    out.synced = {};
    auto& mirror = view.mirroring();
    std::optional<r::PackageHistory> old;
    if (const auto record =
            TRY(view.mirrors().record(source.id, catalog::kBiocConfig, catalog::kBiocConfig, std::nullopt)))
      old = TRY(r::decode_history(record->bytes));
    const auto merged = r::merge(old ? &*old : nullptr, said, began, !old);
    TRY(mirror.set_state(source.id, catalog::kSyncedUntil, std::to_string(began.time_since_epoch().count())));
    if (!merged.changed_from) return {};
    out.synced.packages = 1;
    out.synced.transaction =
        TRY(mirror.begin_sync(source.id, model::TxKind::sync, *merged.changed_from, "sync", "config.yaml"));
    return mirror.put_record(source.id, catalog::kBiocConfig, catalog::kBiocConfig, r::encode(merged.history),
                             out.synced.transaction);
  }));
  return out;
}

}  // namespace granary::mirror
