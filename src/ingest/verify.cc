#include "ingest/verify.h"

#include <algorithm>
#include <cstring>
#include <map>
#include <set>

#include "base/hash.h"

namespace granary::ingest {

namespace {

constexpr std::size_t kMostProblems = 10'000;
constexpr std::size_t kChunk = 256 << 10;

struct Stored {
  Digest digest;
  std::uint64_t size = 0;
};

/// What names bytes, which seem to be missing or of another size: an interval, or a file of a mirror that is
/// held, which may be let go meanwhile.
struct Suspect {
  std::string filename;
  model::SourceId source;
  Digest digest;
  std::uint64_t size = 0;
  bool held = false;
};

constexpr std::uint32_t kHeldAtOnce = 1000;

Result<> for_each_named(catalog::ReadView& view, const std::function<Result<>(const Suspect&)>& each) {
  TRY(view.for_each_interval([&](const model::FileRecord& file) {
    return each({file.filename, file.source, file.blob, file.size});
  }));
  for (const auto& source : TRY(view.sources())) {
    if (!model::is_mirror(source.type)) continue;
    for (std::string after;;) {
      const auto page = TRY(view.mirrors().held_files(source.id, after, kHeldAtOnce));
      for (const auto& file : page) TRY(each({file.key, source.id, file.blob, file.size, true}));
      if (page.size() < kHeldAtOnce) break;
      after = page.back().key;
    }
  }
  return {};
}

class Verification {
 public:
  Verification(Parts& parts, const Context& ctx, const OnProgress& progress)
      : parts_(&parts), ctx_(&ctx), progress_(&progress) {}

  Result<Verified> run() {
    TRY(list_blobs());
    TRY(check_intervals());
    TRY(check_suspects());
    TRY(check_bytes());
    TRY(name_damaged());
    return std::move(out_);
  }

 private:
  Result<> list_blobs() {
    TRY(parts_->blobs->for_each(*ctx_, [&](const blob::BlobInfo& blob) -> Result<> {
      blobs_.push_back({blob.digest, blob.size});
      total_ += blob.size;
      return ctx_->check();
    }));
    std::sort(blobs_.begin(), blobs_.end(),
              [](const Stored& a, const Stored& b) { return a.digest < b.digest; });
    return {};
  }

  const Stored* find(const Digest& digest) const {
    const auto it = std::lower_bound(blobs_.begin(), blobs_.end(), digest,
                                     [](const Stored& a, const Digest& d) { return a.digest < d; });
    return it != blobs_.end() && it->digest == digest ? &*it : nullptr;
  }

  Result<> check_intervals() {
    return parts_->catalog->read(*ctx_, [&](catalog::ReadView& view) -> Result<> {
      out_.files = 0;
      suspects_.clear();
      sources_.clear();
      for (const auto& source : TRY(view.sources())) sources_[source.id] = source.name;
      return for_each_named(view, [&](const Suspect& file) -> Result<> {
        TRY(ctx_->check());
        ++out_.files;
        const auto* stored = find(file.digest);
        if ((stored == nullptr || stored->size != file.size) && suspects_.size() < kMostProblems)
          suspects_.push_back(file);
        return {};
      });
    });
  }

  /// The list is older than the intervals: what was published in between is not in it.
  Result<> check_suspects() {
    for (const auto& suspect : suspects_) {
      TRY(ctx_->check());
      const auto now = TRY(parts_->blobs->find(*ctx_, suspect.digest));
      if (now && now->size == suspect.size) continue;
      if (suspect.held && !TRY(is_held_still(suspect))) continue;
      note(now ? "size" : "missing", suspect);
    }
    return {};
  }

  Result<bool> is_held_still(const Suspect& suspect) {
    bool held = false;
    TRY(parts_->catalog->read(*ctx_, [&](catalog::ReadView& view) -> Result<> {
      const auto now = TRY(view.mirrors().held(suspect.source, suspect.filename));
      held = now && now->blob == suspect.digest;
      return {};
    }));
    return held;
  }

  Result<> check_bytes() {
    std::vector<std::byte> buffer(kChunk);
    std::uint64_t done = 0;
    for (const auto& stored : blobs_) {
      ++out_.blobs;
      auto reader = parts_->blobs->open(*ctx_, stored.digest);
      if (!reader) {
        if (reader.error().code() == Errc::not_found)
          continue;  // collected by now, or missing and found above
        if (reader.error().code() != Errc::corrupt) return tl::unexpected(std::move(reader).error());
        damaged_.insert(stored.digest);
        continue;
      }
      Hasher hasher(HashKind::sha256);
      bool readable = true;
      for (;;) {
        TRY(ctx_->check());
        const auto got = (*reader)->read(buffer);
        if (!got && got.error().code() != Errc::corrupt) return tl::unexpected(got.error());
        readable = got.has_value();
        if (!got || *got == 0) break;
        hasher.update(std::span(buffer).first(*got));
        done += *got;
        out_.bytes += *got;
        if (*progress_) (*progress_)(std::min(done, total_), total_);
      }
      const auto raw = hasher.finish();
      if (!readable || std::memcmp(raw.data(), stored.digest.bytes.data(), raw.size()) != 0)
        damaged_.insert(stored.digest);
    }
    return {};
  }

  /// A damaged blob is the problem of every file that names it, or of none.
  Result<> name_damaged() {
    if (damaged_.empty()) return {};
    std::vector<Suspect> named;
    std::set<Digest> unnamed;
    TRY(parts_->catalog->read(*ctx_, [&](catalog::ReadView& view) -> Result<> {
      named.clear();
      unnamed = damaged_;
      return for_each_named(view, [&](const Suspect& file) -> Result<> {
        TRY(ctx_->check());
        if (!damaged_.contains(file.digest)) return {};
        unnamed.erase(file.digest);
        if (named.size() < kMostProblems) named.push_back(file);
        return {};
      });
    }));
    for (const auto& suspect : named) note("damaged", suspect);
    for (const auto& digest : unnamed) note("damaged", {"", {}, digest, 0});
    return {};
  }

  void note(std::string what, const Suspect& suspect) {
    if (out_.problems.size() >= kMostProblems) return;
    const auto source = sources_.find(suspect.source);
    out_.problems.push_back({std::move(what), source == sources_.end() ? "" : source->second,
                             suspect.filename, suspect.digest.hex()});
  }

  Parts* parts_;
  const Context* ctx_;
  const OnProgress* progress_;
  Verified out_;
  std::vector<Stored> blobs_;  // by digest
  std::uint64_t total_ = 0;
  std::vector<Suspect> suspects_;
  std::map<model::SourceId, std::string> sources_;
  std::set<Digest> damaged_;
};

}  // namespace

Result<Verified> verify_all(Parts& parts, const Context& ctx, const OnProgress& progress) {
  return Verification(parts, ctx, progress).run();
}

}  // namespace granary::ingest
