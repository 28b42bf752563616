#include "view/render_store.h"

#include <algorithm>
#include <ctime>

#include "base/compress.h"
#include "base/hash.h"

namespace granary::view {
namespace {

// pack(): kMagic, the SHA-256 of all that follows, the name, one byte that says whether it may be encoded,
// then the entity tag, the size of the body, the body (empty when there is a zstd form), its gzip and its
// zstd form; numbers and lengths in front of what they count are 8 bytes, big endian.
constexpr std::string_view kMagic = "granary rendered 1\n";
constexpr std::size_t kHash = 32, kLength = 8;
constexpr std::uint64_t kMost = 256ULL << 20;  // of one body
constexpr std::size_t kWaitingAtOnce = 16, kSlotsKept = 10'000;
constexpr std::chrono::minutes kWritePatience{2};

void append_number(std::string& out, std::uint64_t number) {
  for (int shift = 56; shift >= 0; shift -= 8) out += static_cast<char>(number >> shift & 0xff);
}

void append(std::string& out, std::string_view part) {
  append_number(out, part.size());
  out += part;
}

tl::unexpected<Error> damaged() {
  return fail(Errc::corrupt, "a rendered body in the store is damaged", "it is rendered anew");
}

Result<std::uint64_t> take_number(std::string_view& bytes) {
  if (bytes.size() < kLength) return damaged();
  std::uint64_t number = 0;
  for (std::size_t i = 0; i < kLength; ++i) number = number << 8 | static_cast<unsigned char>(bytes[i]);
  bytes.remove_prefix(kLength);
  return number;
}

Result<std::string_view> take(std::string_view& bytes) {
  const auto size = TRY(take_number(bytes));
  if (size > bytes.size()) return damaged();
  const auto part = bytes.substr(0, size);
  bytes.remove_prefix(size);
  return part;
}

/// What this thread has used of a processor: on a busy machine everything takes long.
std::chrono::nanoseconds own_time() {
  timespec time{};
  ::clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
  return std::chrono::seconds(time.tv_sec) + std::chrono::nanoseconds(time.tv_nsec);
}

std::shared_ptr<const std::string> shared(std::string_view bytes) {
  return bytes.empty() ? nullptr : std::make_shared<const std::string>(bytes);
}

}  // namespace

std::string pack(const Rendered& rendered, const Digest& name) {
  const auto parts = rendered.parts();
  std::string body(reinterpret_cast<const char*>(name.bytes.data()), name.bytes.size());
  body += parts.compressible ? '\1' : '\0';
  append(body, parts.etag);
  append_number(body, parts.size);
  for (const auto& bytes : {parts.identity, parts.gzip, parts.zstd})
    append(body, bytes ? std::string_view(*bytes) : std::string_view());
  const auto hash = sha256(as_bytes(body));
  std::string out(kMagic);
  out.append(reinterpret_cast<const char*>(hash.bytes.data()), hash.bytes.size());
  return out += body;
}

Result<Rendered> unpack(std::string_view bytes, const Digest& name) {
  if (!bytes.starts_with(kMagic) || bytes.size() < kMagic.size() + 2 * kHash) return damaged();
  const auto is = [](std::string_view text, const Digest& digest) {
    return std::equal(text.begin(), text.end(), reinterpret_cast<const char*>(digest.bytes.data()),
                      reinterpret_cast<const char*>(digest.bytes.data()) + digest.bytes.size());
  };
  const auto hash = bytes.substr(kMagic.size(), kHash);
  bytes.remove_prefix(kMagic.size() + kHash);
  if (!is(hash, sha256(as_bytes(bytes))) || !is(bytes.substr(0, kHash), name)) return damaged();
  bytes.remove_prefix(kHash);
  if (bytes.empty()) return damaged();
  Rendered::Parts parts;
  parts.compressible = bytes.front() != 0;
  bytes.remove_prefix(1);
  parts.etag = TRY(take(bytes));
  parts.size = TRY(take_number(bytes));
  const auto identity = TRY(take(bytes));
  parts.gzip = shared(TRY(take(bytes)));
  parts.zstd = shared(TRY(take(bytes)));
  if (!bytes.empty() || parts.size > kMost || parts.etag.empty()) return damaged();
  if (!parts.zstd) {
    if (identity.size() != parts.size) return damaged();
    parts.identity = std::make_shared<const std::string>(identity);
  }
  return Rendered::from(std::move(parts));
}

RenderStore::RenderStore(std::shared_ptr<blob::Derived> derived, std::shared_ptr<const Clock> clock,
                         Logger log, RenderStoreOptions options)
    : derived_(std::move(derived)),
      clock_(std::move(clock)),
      log_(std::move(log)),
      options_(std::move(options)),
      thread_([this](const std::stop_token& stop) { run(stop); }) {}

Result<Rendered> RenderStore::rendered(const Context& ctx, const std::string& slot,
                                       const std::function<Result<std::string>()>& made_of,
                                       const std::function<Result<Rendered>(bool& lasting)>& render,
                                       std::optional<Digest>& worth_keeping) {
  bool quick = false;
  {
    const std::lock_guard lock(mutex_);
    quick = quick_.contains(slot);
  }
  std::optional<Digest> name;
  if (!quick) {
    // The database may be away: rendering will say so, or not need it.
    if (const auto text = made_of()) name = sha256(as_bytes(options_.renderer + '|' + *text));
  }
  if (name) {
    if (auto found = find(ctx, *name)) return *std::move(found);
  }
  const auto begin = own_time();
  bool lasting = true;
  auto rendered = TRY(render(lasting));
  quick = own_time() - begin < options_.worth && rendered.size() < options_.large;
  {
    const std::lock_guard lock(mutex_);
    if (quick_.size() >= kSlotsKept) quick_.clear();
    quick ? (void)quick_.insert(slot) : (void)quick_.erase(slot);
  }
  if (lasting && !quick) worth_keeping = name;
  return rendered;
}

bool RenderStore::may_ask() {
  const std::lock_guard lock(mutex_);
  return Context::Clock::now() >= ask_again_;
}

std::optional<Rendered> RenderStore::find(const Context& ctx, const Digest& name) {
  if (!may_ask()) return std::nullopt;
  auto bytes = derived_->get(ctx.with_timeout(options_.patience), name, kMost);
  if (!bytes) {
    if (bytes.error().code() == Errc::not_found || ctx.stop().stop_requested()) return std::nullopt;
    log_.failed("cannot read a rendered body from the store, rendering it", bytes.error());
    const std::lock_guard lock(mutex_);
    ask_again_ = Context::Clock::now() + options_.pause;
    return std::nullopt;
  }
  auto rendered = unpack(*bytes, name);
  if (rendered) {
    log_.debug("a rendered body was in the store", {{"bytes", std::to_string(bytes->size())}});
    return *std::move(rendered);
  }
  log_.failed("cannot use a rendered body of the store, rendering it", rendered.error());
  // Else it would be taken for one that need not be written.
  if (const auto removed = derived_->remove(ctx.with_timeout(options_.patience), name); !removed)
    log_.failed("cannot remove a damaged body from the store", removed.error());
  return std::nullopt;
}

void RenderStore::keep(const std::string& slot, const Digest& name,
                       std::shared_ptr<const Rendered> rendered) {
  const std::lock_guard lock(mutex_);
  if (!waiting_.contains(slot) && waiting_.size() >= kWaitingAtOnce) return;
  // Not later than it was to be before: who publishes all the time is to have something kept too.
  auto due = Context::Clock::now() + options_.delay;
  if (const auto before = waiting_.find(slot); before != waiting_.end()) due = before->second.due;
  waiting_.insert_or_assign(slot, Waiting{name, std::move(rendered), due});
  changed_.notify_one();
}

void RenderStore::run(const std::stop_token& stop) {
  std::unique_lock lock(mutex_);
  while (!stop.stop_requested()) {
    if (waiting_.empty()) {
      changed_.wait(lock, stop, [&] { return !waiting_.empty(); });
      continue;
    }
    const auto next = std::min_element(waiting_.begin(), waiting_.end(), [](const auto& a, const auto& b) {
      return a.second.due < b.second.due;
    });
    if (next->second.due > Context::Clock::now()) {
      changed_.wait_until(lock, stop, next->second.due, [] { return false; });
      continue;
    }
    const Waiting one = std::move(next->second);
    waiting_.erase(next);
    lock.unlock();
    const auto written = write(Context(log_, stop, Context::Clock::now() + kWritePatience), one);
    if (!written && !stop.stop_requested())
      log_.failed("cannot keep a rendered body in the store", written.error());
    lock.lock();
  }
}

Result<> RenderStore::write(const Context& ctx, const Waiting& one) {
  if (TRY(derived_->has(ctx, one.name))) return {};  // another node was faster
  const auto bytes = pack(*one.rendered, one.name);
  const auto most = options_.most_bytes;
  if (bytes.size() > most / 4) return {};
  if (written_ == 0 || written_ + bytes.size() > most / 8) {
    TRY(blob::remove_oldest(ctx, *derived_, clock_->now() - options_.keep, most - bytes.size()));
    written_ = 0;
  }
  TRY(derived_->put(ctx, one.name, bytes));
  written_ += bytes.size();
  return {};
}

}  // namespace granary::view
