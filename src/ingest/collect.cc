#include "ingest/collect.h"

#include <algorithm>
#include <span>

#include "base/log.h"
#include "ingest/erase.h"

namespace granary::ingest {

namespace {

constexpr std::size_t kBatch = 1000;  // blobs asked for in one read of the catalog
constexpr std::size_t kMarkedAtOnce = 64;
constexpr auto kMarksKept = std::chrono::hours(24);

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

/// Nodes of a version that heeds no marks could name what is being removed.
Result<> check_nodes(const Parts& parts) {
  if (!parts.older_nodes_work || !parts.older_nodes_work()) return {};
  return fail(Errc::unavailable,
              "a node of an older version works, which would not heed what is being removed",
              "update it, or stop it (granary cluster nodes lists versions), then try again");
}

/// Marks, removes, says so. What it does not get to in time stays for the next call.
Result<std::size_t> remove_some(Parts& parts, const Context& ctx, std::span<const blob::BlobInfo> garbage,
                                Time before, Collected& out) {
  TRY(check_nodes(parts));
  const Context hurry = ctx.with_timeout(catalog::kRemovalTime);
  const auto some = garbage.first(std::min(garbage.size(), kMarkedAtOnce));
  std::vector<Digest> digests;
  for (const auto& blob : some) digests.push_back(blob.digest);
  catalog::Removing removing;
  TRY(parts.catalog->write(hurry, [&](catalog::WriteView& view) -> Result<> {
    removing = TRY(view.begin_removal(digests));
    return {};
  }));
  std::vector<Digest> gone, kept;
  std::span<const Digest> marked = removing.blobs;
  std::size_t done = 0;
  auto outcome = Result<>();
  for (; done < some.size() && outcome && hurry.check(); ++done) {
    const auto& blob = some[done];
    if (marked.empty() || marked.front() != blob.digest) {
      ++out.young;  // named meanwhile, or another collector's
      continue;
    }
    marked = marked.subspan(1);
    // An upload that has just stored the same bytes need not do so again.
    const auto now = parts.blobs->find(hurry, blob.digest);
    if (!now || !*now || (*now)->stored_at >= before) {
      kept.push_back(blob.digest);
      if (now) ++out.young;
      if (!now) outcome = tl::unexpected(now.error());
      continue;
    }
    outcome = parts.blobs->remove(hurry, blob.digest);
    if (!outcome) continue;  // its mark stays: the bytes may go yet
    gone.push_back(blob.digest);
    ++out.blobs;
    out.bytes += blob.size;
  }
  kept.insert(kept.end(), marked.begin(), marked.end());
  TRY(parts.catalog->write(ctx, [&](catalog::WriteView& view) -> Result<> {
    for (const auto& digest : gone) TRY(view.end_removal(removing.number, digest, true));
    for (const auto& digest : kept) TRY(view.end_removal(removing.number, digest, false));
    return {};
  }));
  if (!outcome && (gone.empty() || outcome.error().code() != Errc::deadline_exceeded))
    return tl::unexpected(std::move(outcome).error());
  return std::max<std::size_t>(done, 1);
}

}  // namespace

Result<Collected> collect_blobs(Parts& parts, const Context& ctx, bool dry_run, std::chrono::seconds grace,
                                const OnProgress& progress) {
  if (!dry_run) {
    TRY(check_nodes(parts));
    TRY(erase_remnants(parts, ctx, {}));
  }
  const Time before = parts.clock->now() - grace;
  Collected out;
  std::vector<blob::BlobInfo> batch, garbage;
  std::uint64_t seen = 0;
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
    seen += batch.size();
    if (progress) progress(seen, 0);
    batch.clear();
    return {};
  };
  TRY(parts.blobs->for_each(ctx, [&](const blob::BlobInfo& blob) -> Result<> {
    batch.push_back(blob);
    return batch.size() < kBatch ? Result<>() : sort_batch();
  }));
  TRY(sort_batch());

  if (dry_run) {
    out.blobs = garbage.size();
    for (const auto& blob : garbage) out.bytes += blob.size;
  } else {
    TRY(catalog::end_abandoned_removals(*parts.catalog, ctx, parts.removal_patience));
    TRY(parts.catalog->write(ctx, [&](catalog::WriteView& view) {
      return view.forget_removals(parts.clock->now() - kMarksKept);
    }));
    for (std::span<const blob::BlobInfo> rest = garbage; !rest.empty();) {
      TRY(ctx.check());
      rest = rest.subspan(TRY(remove_some(parts, ctx, rest, before, out)));
      if (progress) progress(garbage.size() - rest.size(), garbage.size());
    }
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
