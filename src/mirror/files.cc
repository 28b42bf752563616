#include "mirror/files.h"

#include <fcntl.h>

#include <cerrno>
#include <thread>

#include "base/away.h"
#include "base/file.h"
#include "mirror/held.h"
#include "mirror/notes.h"

namespace granary::mirror {
namespace {

constexpr int kDownloadsAtOnce = 64;
/// Nobody waits long for a small file, and an error is better said than sent as a response that is cut off.
constexpr std::uint64_t kWaitForWhole = 256 * 1024;

}  // namespace

/// Its fields but `record`, `before` and `background` are guarded by the mutex.
struct Files::OnTheWay {
  model::FileRecord record;
  std::optional<Digest> before;  // of the same file, evicted
  bool background = false;       // nobody waited for it when it began
  bool answered = false;
  bool over = false;
  std::optional<Error> not_stored;
  std::optional<Error> refused;
  std::shared_ptr<GrowingFile> file;
};

Files::~Files() {
  stop_.request_stop();
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [&] { return threads_ == 0; });
}

int Files::on_the_way() {
  const std::lock_guard lock(mutex_);
  return threads_;
}

Result<Opened> Files::open(const Context& ctx, const model::FileRecord& record) {
  GRANARY_ASSERT(record.origin.has_value());
  for (;;) {
    TRY(ctx.check());
    std::optional<Digest> before;
    if (auto there = TRY(held(ctx, record, before))) return *std::move(there);
    const auto turn = TRY(ctx.wait_for_remote());
    const auto way = TRY(join(ctx, record, before, false));
    if (!way) continue;
    if (auto opened = TRY(wait(ctx, way))) return *std::move(opened);
  }
}

Result<std::optional<std::uint64_t>> Files::keep(const Context& ctx, const model::FileRecord& record) {
  GRANARY_ASSERT(record.origin.has_value());
  for (;;) {
    TRY(ctx.check());
    const auto known = TRY(look_up(ctx, record));
    if (known.file) return std::nullopt;  // rows without bytes are verify's business
    const auto way = TRY(join(ctx, record, known.before, true));
    if (!way) continue;
    std::unique_lock lock(mutex_);
    if (!changed_.wait_until(lock, ctx.stop(), ctx.deadline(), [&] { return way->over; })) {
      lock.unlock();
      TRY(ctx.check());
      return fail(Errc::deadline_exceeded, "the file did not come in time");
    }
    if (way->refused) return tl::unexpected(*way->refused);
    if (way->not_stored) return tl::unexpected(*way->not_stored);
    if (way->file) return way->file->state().size;
  }
}

/// What is held, also what this makes so: the same bytes may be there through another source.
Result<Held> Files::look_up(const Context& ctx, const model::FileRecord& record) {
  const auto& key = record.origin->key;
  auto asked = find_held(*parts_, ctx, record.source, key);
  if (!asked && is_away(asked.error())) {
    if (auto file = memory_.find(record.source, key))
      return Held{.file = std::move(file), .before = std::nullopt, .remembered = true};
  }
  auto known = TRY(std::move(asked));
  if (!known.file && record.origin->digest_known) {
    if (const auto blob = TRY(parts_->blobs->find(ctx, record.blob))) {
      const Time now = parts_->clock->now();
      known.file = catalog::HeldFile{record.origin->key, record.blob, blob->size, record.md5, now, now};
      const auto noted = hold(*parts_, ctx, record.source, *known.file);
      if (!noted && noted.error().code() != Errc::not_found) return tl::unexpected(noted.error());
      if (!noted) known.file.reset();  // it is garbage, and goes
    }
  }
  if (known.file)
    memory_.note(record.source, *known.file);
  else
    memory_.forget(record.source, key);
  return known;
}

void Files::note_use(const Context& ctx, const model::FileRecord& record, const Held& known) {
  if (known.remembered) return;
  if (const auto touched = touch(*parts_, ctx, record.source, *known.file); !touched)
    parts_->log.failed("cannot note that a file was used", touched.error());
}

Result<std::optional<HeldBytes>> Files::find(const Context& ctx, const model::FileRecord& record) {
  GRANARY_ASSERT(record.origin.has_value());
  const auto known = TRY(look_up(ctx, record));
  if (!known.file) return std::nullopt;
  note_use(ctx, record, known);
  return HeldBytes{known.file->blob, known.file->size};
}

/// Absent when it must be fetched.
Result<std::optional<Opened>> Files::held(const Context& ctx, const model::FileRecord& record,
                                          std::optional<Digest>& before) {
  const auto known = TRY(look_up(ctx, record));
  before = known.before;
  const auto& file = known.file;
  if (!file) return std::nullopt;
  auto body = parts_->blobs->serve(ctx, file->blob, file->size);
  if (!body) {
    if (body.error().code() != Errc::not_found) return tl::unexpected(std::move(body).error());
    if (known.remembered)
      return fail(Errc::unavailable, "the file is not here, and the database cannot be asked", "retry later");
    parts_->log.warn("the bytes of a mirrored file are missing and are fetched again", {{"file", file->key}});
    TRY(parts_->catalog->write(ctx,
                               [&](catalog::WriteView& view) { return let_go(view, record.source, *file); }));
    before = file->blob;
    return std::nullopt;
  }
  note_use(ctx, record, known);
  return Opened{*std::move(body), file->blob};
}

Result<std::shared_ptr<Files::OnTheWay>> Files::join(const Context& ctx, const model::FileRecord& record,
                                                     std::optional<Digest> before, bool background) {
  const Key key{record.source.value, record.origin->key};
  std::unique_lock lock(mutex_);
  for (;;) {
    if (const auto found = downloads_.find(key); found != downloads_.end()) return found->second;
    if (threads_ < kDownloadsAtOnce) break;
    if (!changed_.wait_until(lock, ctx.stop(), ctx.deadline(), [&] { return threads_ < kDownloadsAtOnce; })) {
      lock.unlock();
      TRY(ctx.check());
      return fail(Errc::unavailable, "too many files are being fetched from upstream at once", "try again");
    }
    return nullptr;  // it may have been fetched while we waited
  }
  auto way = std::make_shared<OnTheWay>();
  way->record = record;
  way->before = before;
  way->background = background;
  ++threads_;
  try {
    // Of its own, because it outlives the request: the body is sent while it still comes in, and it goes on
    // when nobody listens any more.
    std::thread([this, way] { run(way); }).detach();
  } catch (const std::system_error&) {
    --threads_;
    return fail(Errc::unavailable, "cannot start a thread for a download",
                "raise the limit of threads (ulimit -u)");
  }
  downloads_.emplace(key, way);
  return way;
}

void Files::run(const std::shared_ptr<OnTheWay>& way) {
  const Context ctx(parts_->log, stop_.get_token(), Context::Clock::time_point::max());
  auto result = fetch(*way, ctx);
  if (!result) note_problem(*parts_, way->record.source, kFileProblem, result.error());
  const std::unique_lock lock(mutex_);
  way->answered = way->over = true;
  if (!result) {
    if (way->file) way->file->abandon(result.error());
    way->refused = std::move(result).error();
  }
  downloads_.erase({way->record.source.value, way->record.origin->key});
  --threads_;
  changed_.notify_all();  // under the lock: this may be gone right after it
}

/// On the download's thread. An error is of those who wait for the file; one of the store is not.
Result<> Files::fetch(OnTheWay& way, const Context& ctx) {
  const auto& record = way.record;
  // A download of this file may have ended between the question and this one.
  if (TRY(find_held(*parts_, ctx, record.source, record.origin->key)).file) return {};
  const auto source = TRY(mirror_source(*parts_, ctx, record.source));
  if (is_offline(source))
    return fail(Errc::not_found,
                "'" + record.filename + "' is in no bundle that '" + source.name + "' took in",
                "export it where there is an upstream, and import it here");
  const auto client = TRY(parts_->clients->of(ctx, source));
  Expected expected{way.before, record.md5, std::nullopt, record.origin->document};
  if (record.origin->digest_known) expected.sha256 = record.blob;
  if (record.size > 0) expected.size = record.size;
  Download download(record, expected, parts_->spool, way.background, [&](std::shared_ptr<GrowingFile> file) {
    const std::lock_guard lock(mutex_);
    way.file = std::move(file);
    way.answered = way.file->total().value_or(UINT64_MAX) > kWaitForWhole;
    changed_.notify_all();
  });
  TRY(download.fetch(ctx, *client));
  {
    const std::lock_guard lock(mutex_);
    way.answered = true;  // nobody waits for the store
    changed_.notify_all();
  }
  if (const auto stored = store(download, record, ctx); !stored) {
    note_problem(*parts_, record.source, kFileProblem, stored.error());
    const std::lock_guard lock(mutex_);
    way.not_stored = stored.error();
  }
  return {};
}

/// Durable before the row that names it.
Result<> Files::store(const Download& download, const model::FileRecord& record, const Context& ctx) {
  UniqueFd copy(::fcntl(download.file()->fd(), F_DUPFD_CLOEXEC, 0));
  if (!copy) return system_error(errno, "open a fetched file again");
  const FileSource bytes(std::move(copy), download.size());
  blob::BlobInfo blob;
  const auto put = [&]() -> Result<Digest> {
    const auto writer = TRY(parts_->blobs->create(ctx));
    TRY(for_each_chunk(bytes, [&](ByteSpan chunk) { return writer->write(chunk); }));
    blob = TRY(writer->commit(record.origin->digest_known ? std::optional(record.blob) : std::nullopt));
    return blob.digest;
  };
  return catalog::store_and_name(*parts_->catalog, ctx, put, [&](std::int64_t after) -> Result<> {
    const Time now = parts_->clock->now();
    const catalog::HeldFile file{record.origin->key, blob.digest, blob.size, download.md5(), now, now};
    TRY(hold(*parts_, ctx, record.source, file, after));
    memory_.note(record.source, file);
    return {};
  });
}

/// Absent: it was not fetched after all, because it is there.
Result<std::optional<Opened>> Files::wait(const Context& ctx, const std::shared_ptr<OnTheWay>& way) {
  std::unique_lock lock(mutex_);
  if (!changed_.wait_until(lock, ctx.stop(), ctx.deadline(), [&] { return way->answered; })) {
    if (ctx.stop().stop_requested()) return fail(Errc::cancelled, "cancelled");
    return fail(Errc::unavailable, "upstream did not answer in time", "try again");
  }
  if (way->refused) return tl::unexpected(*way->refused);
  if (!way->file) return std::nullopt;
  Opened out{way->file, std::nullopt};
  if (way->record.origin->digest_known) out.digest = way->record.blob;
  return out;
}

}  // namespace granary::mirror
