#include "app/transfer.h"

#include "app/migrations.h"
#include "app/stores.h"
#include "base/clock.h"
#include "blob/copy.h"
#include "db/copy.h"
#include "ingest/ingest.h"

namespace granary::app {
namespace {

using Stage = cli::Transfer::Stage;

class Transferring {
 public:
  Transferring(const Context& ctx, const cli::Transfer& what, const config::Environment& environment,
               const cli::Transfer::Progress& progress)
      : ctx_(&ctx), what_(&what), environment_(&environment), progress_(&progress) {}

  Result<cli::Transferred> run() {
    if (what_->source_is_live) TRY(rows());
    if (what_->packages) TRY(bytes());
    if (!what_->source_is_live) TRY(rows());
    if (what_->packages) TRY(verify());
    return std::move(out_);
  }

 private:
  auto heard(Stage stage) const {
    return [this, stage](std::uint64_t done, std::uint64_t total) { (*progress_)(stage, done, total); };
  }

  Result<> rows() {
    if (!what_->database) return {};
    const auto from = TRY(open_database(what_->from, ctx_->log()));
    const auto to = TRY(open_database(what_->to, ctx_->log()));
    const auto sums = TRY(db::copy_database(*ctx_, *from, *to, migrations(), heard(Stage::database)));
    for (const auto& [table, count, sum] : sums) {
      out_.tables.push_back({table, count, sum});
      out_.rows += count;
    }
    return {};
  }

  Result<> bytes() {
    const auto from = TRY(open_blobs(what_->from, *environment_, ctx_->log()));
    const auto to = TRY(open_blobs(what_->to, *environment_, ctx_->log()));
    const auto copied = TRY(blob::copy_blobs(*ctx_, *from, *to, heard(Stage::packages)));
    out_.blobs = copied.blobs;
    out_.bytes = copied.bytes;
    return {};
  }

  Result<> verify() {
    const auto clock = std::make_shared<SystemClock>();
    const std::shared_ptr<db::Database> database = TRY(open_database(what_->to, ctx_->log()));
    const std::shared_ptr<blob::BlobStore> blobs = TRY(open_blobs(what_->to, *environment_, ctx_->log()));
    const auto ingest = ingest::make_ingest(catalog::make_catalog(database, clock), blobs, clock);
    const auto found = TRY(ingest->verify(*ctx_, heard(Stage::verification)));
    for (const auto& problem : found.problems)
      out_.problems.push_back(problem.what + " " + problem.filename + " of source '" + problem.source + "'");
    return {};
  }

  const Context* ctx_;
  const cli::Transfer* what_;
  const config::Environment* environment_;
  const cli::Transfer::Progress* progress_;
  cli::Transferred out_;
};

}  // namespace

Result<cli::Transferred> transfer(const Context& ctx, const cli::Transfer& what,
                                  const config::Environment& environment,
                                  const cli::Transfer::Progress& progress) {
  return Transferring(ctx, what, environment, progress).run();
}

}  // namespace granary::app
