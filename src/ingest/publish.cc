#include "ingest/publish.h"

#include <algorithm>
#include <utility>

#include "archive/path.h"
#include "base/hash.h"
#include "base/log.h"
#include "catalog/named.h"
#include "ingest/admission.h"
#include "ingest/hashes.h"
#include "ingest/inspect.h"
#include "ingest/public_names.h"

namespace granary::ingest {

namespace {

constexpr int kAttempts = 8;  // against others who change the same file at the same time

Result<> check_fits(const model::Source& source, model::FileKind kind, bool built) {
  if (model::is_built(source.type) && !built)
    return fail(Errc::invalid_argument,
                "the source '" + source.name + "' is of type " + std::string(model::name_of(source.type)) +
                    ": what is in it is built from git repositories",
                "make a builder with: granary create git-builder; or publish to a source of type local or "
                "local-python");
  if (!model::is_own(source.type))
    return fail(Errc::invalid_argument,
                "the source '" + source.name + "' is of type " + std::string(model::name_of(source.type)) +
                    ": what is in it comes from upstream",
                "publish to a source of type local or local-python, and subscribe the repository to both");
  const auto needed = ecosystem_of(kind);
  if (model::ecosystem_of(source.type) == needed) return {};
  const bool r = needed == model::Ecosystem::r;
  return fail(
      Errc::invalid_argument,
      std::string("this is ") + (r ? "an R package" : "a Python distribution") + ", and the source '" +
          source.name + "' takes " + (r ? "Python distributions" : "R packages"),
      std::string("publish it to a source of type ") +
          std::string(model::name_of(r ? model::SourceType::local : model::SourceType::local_python)));
}

model::FileRecord to_record(const Upload& upload, const Hashes& hashes, Inspected&& file, Time now) {
  model::FileRecord out;
  out.package = std::move(file.package);
  out.name = std::move(file.name);
  out.version = std::move(file.version);
  out.filename = upload.filename;
  out.kind = file.kind;
  out.blob = hashes.sha256;
  out.size = upload.bytes->size();
  out.md5 = hashes.md5;
  out.uploaded_at = now;
  if (file.kind == model::FileKind::wheel) out.metadata_sha256 = sha256(as_bytes(file.metadata));
  out.metadata = std::move(file.metadata);
  out.requires_python = std::move(file.requires_python);
  return out;
}

Result<> store(Parts& parts, const Context& ctx, const Upload& upload, const Digest& digest) {
  const auto writer = TRY(parts.blobs->create(ctx));
  TRY(for_each_chunk(*upload.bytes, [&](ByteSpan chunk) -> Result<> {
    TRY(ctx.check());
    return writer->write(chunk);
  }));
  TRY(writer->commit(digest));
  return {};
}

/// A replacement takes the place of the old file in every respect.
void inherit(model::FileRecord& file, const model::FileRecord& old) {
  file.archived = old.archived;
  file.yanked = old.yanked;
}

/// admit(), and what is to be kept counts as there already.
Result<Admission> decide(const Standing& standing, const model::FileRecord& candidate, const Publish& how) {
  const auto stays =
      std::find_if(standing.history.begin(), standing.history.end(), [&](const model::FileRecord& file) {
        return !file.gone_in && std::find(how.keep.begin(), how.keep.end(), file.blob) != how.keep.end();
      });
  if (stays != standing.history.end()) return Admission{Admission::Kind::already, *stays};
  return admit(standing, candidate, how.replace);
}

struct Outcome {
  Admission::Kind kind = Admission::Kind::add;
  model::FileRecord file;
  bool stale = false;    // what was seen before the transaction is no longer so
  bool removed = false;  // the collector took the bytes
};

/// One transaction. The number is taken first: from then on no other node writes, so what is read stays true.
Result<Outcome> record(Parts& parts, const Context& ctx, const model::FileRecord& candidate,
                       Admission::Kind expected, const Publish& how, std::int64_t stored_after) {
  Outcome out;
  const auto kind = expected == Admission::Kind::replace ? model::TxKind::replace : model::TxKind::add;
  auto written = parts.catalog->write(ctx, [&](catalog::WriteView& view) -> Result<> {
    out = {};
    const auto tx = TRY(view.begin_transaction(candidate.source, kind, how.actor, how.comment));
    const auto standing = TRY(read_standing(view, tx, candidate));
    const auto admission = TRY(decide(standing, candidate, how));
    out.kind = admission.kind;
    if (admission.kind != expected) {
      out.stale = true;
      return fail(Errc::conflict, "somebody else changed the file at the same time", "retry");
    }
    out.file = candidate;
    if (admission.kind == Admission::Kind::replace) {
      inherit(out.file, *admission.visible);
      TRY(view.end_file(admission.visible->id, tx));
    }
    out.file.added_in = tx;
    if (stored_after != 0) TRY(view.stored_again(out.file.blob, stored_after));
    const auto id = view.add_file(out.file);
    out.removed = !id && id.error().code() == Errc::not_found;
    out.file.id = TRY(Result<model::FileId>(id));
    return {};
  });
  if (!written && !out.stale && !out.removed) return tl::unexpected(std::move(written).error());
  return out;
}

}  // namespace

Result<Published> publish_file(Parts& parts, const Context& ctx, std::string_view source,
                               const Upload& upload, const Publish& how) {
  GRANARY_ASSERT(upload.bytes != nullptr);
  const auto hashes = TRY(hash_upload(ctx, upload));
  auto inspected = TRY(inspect(ctx, upload.filename, *upload.bytes));
  TRY(check_claims(inspected, upload.name, upload.version, upload.requires_python));
  Published out;
  out.warnings = std::move(inspected.warnings);
  auto candidate = to_record(upload, hashes, std::move(inspected), parts.clock->now());

  bool stored = false;
  std::int64_t after = 0;  // of which removal it was stored
  for (int attempt = 0; attempt < kAttempts; ++attempt) {
    Admission admission;
    std::vector<std::string> clashes;
    TRY(parts.catalog->read(ctx, [&](catalog::ReadView& view) -> Result<> {
      const auto found = TRY(catalog::source_named(view, source));
      TRY(check_fits(found, candidate.kind, how.built));
      candidate.source = found.id;
      admission = TRY(decide(TRY(read_standing(view, kNow, candidate)), candidate, how));
      if (attempt == 0) clashes = TRY(public_name_warnings(view, found, candidate.package, candidate.name));
      return {};
    }));
    out.warnings.insert(out.warnings.end(), clashes.begin(), clashes.end());
    if (admission.kind == Admission::Kind::already) {
      out.file = *std::move(admission.visible);
      out.already = true;
      return out;
    }
    if (how.dry_run) {
      out.file = candidate;
      if (admission.visible) inherit(out.file, *admission.visible);
      return out;
    }
    if (!std::exchange(stored, true)) TRY(store(parts, ctx, upload, hashes.sha256));
    auto outcome = TRY(record(parts, ctx, candidate, admission.kind, how, after));
    if (outcome.removed) {
      after = TRY(catalog::await_removal(*parts.catalog, ctx, hashes.sha256, parts.removal_patience));
      stored = false;
    }
    if (outcome.stale || outcome.removed) continue;
    out.file = std::move(outcome.file);
    ctx.log().component("ingest").info("published",
                                       {{"source", std::string(source)},
                                        {"file", out.file.filename},
                                        {"transaction", std::to_string(out.file.added_in.value)}});
    return out;
  }
  return fail(Errc::conflict,
              "others changed '" + archive::shown(upload.filename) + "' at the same time, again and again",
              "retry");
}

}  // namespace granary::ingest
