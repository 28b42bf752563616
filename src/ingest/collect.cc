#include "ingest/collect.h"

#include "base/log.h"

namespace granary::ingest {

namespace {

constexpr std::size_t kBatch = 1000;  // blobs asked for in one read of the catalog

/// Which of the blobs no interval names.
Result<std::vector<blob::BlobInfo>> unnamed(Parts& parts, const Context& ctx,
                                            const std::vector<blob::BlobInfo>& batch) {
  std::vector<blob::BlobInfo> out;
  TRY(parts.catalog->read(ctx, [&](catalog::ReadView& view) -> Result<> {
    out.clear();
    for (const auto& blob : batch) {
      TRY(ctx.check());
      if (!TRY(view.blob_is_named(blob.digest))) out.push_back(blob);
    }
    return {};
  }));
  return out;
}

/// Everything that spoke for removing it a moment ago must still be so. True when it is gone.
Result<bool> remove_one(Parts& parts, const Context& ctx, const Digest& digest, Time before) {
  const auto now = TRY(parts.blobs->find(ctx, digest));
  if (!now || now->stored_at >= before) return false;
  bool named = true;
  TRY(parts.catalog->read(ctx, [&](catalog::ReadView& view) -> Result<> {
    named = TRY(view.blob_is_named(digest));
    return {};
  }));
  if (named) return false;
  TRY(parts.blobs->remove(ctx, digest));
  return true;
}

}  // namespace

Result<Collected> collect_blobs(Parts& parts, const Context& ctx, bool dry_run, std::chrono::seconds grace) {
  const Time before = parts.clock->now() - grace;
  Collected out;
  std::vector<blob::BlobInfo> batch, garbage;
  const auto sort_batch = [&]() -> Result<> {
    const auto loose = TRY(unnamed(parts, ctx, batch));
    out.kept += batch.size() - loose.size();
    for (const auto& blob : batch) out.kept_bytes += blob.size;
    for (const auto& blob : loose) {
      out.kept_bytes -= blob.size;
      if (blob.stored_at >= before) {
        ++out.young;
      } else {
        garbage.push_back(blob);
      }
    }
    batch.clear();
    return {};
  };
  TRY(parts.blobs->for_each(ctx, [&](const blob::BlobInfo& blob) -> Result<> {
    batch.push_back(blob);
    return batch.size() < kBatch ? Result<>() : sort_batch();
  }));
  TRY(sort_batch());

  for (const auto& blob : garbage) {
    TRY(ctx.check());
    if (!dry_run) {
      if (!parts.in_flight.begin_removal(blob.digest)) {
        ++out.young;
        continue;
      }
      const auto gone = remove_one(parts, ctx, blob.digest, before);
      parts.in_flight.end_removal(blob.digest);
      if (!TRY(Result<bool>(gone))) {
        ++out.young;
        continue;
      }
    }
    ++out.blobs;
    out.bytes += blob.size;
  }
  if (!dry_run) {
    // Not everybody may list uploads in a bucket; what is collected is collected all the same.
    if (const auto tidied = parts.blobs->remove_leftovers(ctx); !tidied)
      ctx.log().component("ingest").failed("cannot remove what killed processes left", tidied.error());
  }
  ctx.log().component("ingest").info("collected", {{"blobs", std::to_string(out.blobs)},
                                                   {"bytes", std::to_string(out.bytes)},
                                                   {"dry_run", dry_run ? "true" : "false"}});
  return out;
}

}  // namespace granary::ingest
