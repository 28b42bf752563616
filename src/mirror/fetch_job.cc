#include "mirror/fetch_job.h"

#include <algorithm>

#include "base/disk_full.h"
#include "base/hash.h"
#include "base/json.h"
#include "base/text.h"
#include "base/time_text.h"
#include "mirror/fetch_crew.h"
#include "mirror/held.h"
#include "mirror/notes.h"

namespace granary::mirror {
namespace {

constexpr std::int64_t kAttempts = 24;
constexpr std::int64_t kPriority = 1, kPriorityByItself = -5;
constexpr std::size_t kMostNamed = 50, kLongestName = 500;  // in the result

void list(JsonWriter& json, std::string_view name, const std::vector<std::string>& values) {
  json.key(name);
  json.begin_array();
  for (std::size_t i = 0; i < std::min(values.size(), kMostNamed); ++i)
    json.value(std::string_view(values[i]).substr(0, kLongestName));
  json.end_array();
}

/// What an order comes to.
struct Sum {
  std::uint64_t packages = 0, files = 0, bytes = 0, held = 0;
};

std::string result_of(const FetchOrder& order, const Sum& sum, const Fetched& done, const Unmet& unmet) {
  JsonWriter json;
  json.begin_object();
  json.member("packages", sum.packages);
  json.member("files", sum.files);
  json.member("bytes", sum.bytes);
  json.member("fetched", done.fetched);
  json.member("fetched_bytes", done.bytes);
  json.member("held", sum.held + done.held);
  json.member("failed", done.failed);
  json.member("dryrun", order.dry_run);
  list(json, "problems", done.problems);
  json.member("missing_count", unmet.missing.size());
  list(json, "missing", unmet.missing);
  list(json, "unread", unmet.unread);
  json.end_object();
  return std::move(json).take();
}

class FetchHandler final : public jobs::Handler {
 public:
  FetchHandler(const Parts& parts, std::string_view kind, ChooseFiles choose, KeepFile keep)
      : parts_(&parts), kind_(kind), choose_(std::move(choose)), keep_(std::move(keep)) {}
  std::string_view kind() const noexcept override { return kind_; }
  bool takes_long() const noexcept override { return kind_ == kFetchAll; }

  Result<> run(const Context& ctx, jobs::Turn& turn) override {
    const auto order = TRY(parse_fetch_order(turn.job().spec.arguments));
    const auto source = TRY(mirror_source(*parts_, ctx, {turn.job().spec.source}));
    turn.progress(0, 0, "choosing");
    Sum sum;
    Unmet unmet;
    // The pages of a whole index are asked for once, while its files are fetched.
    const bool count_first = order.dry_run || !order.all || source.type != model::SourceType::pypi;
    if (count_first) unmet = TRY(count(ctx, turn, order, sum));
    Fetched done;
    if (!order.dry_run) {
      auto fetched = fetch(ctx, turn, order, count_first ? &sum : nullptr, sum, done);
      if (!fetched) return stopped(turn, fetched.error());
      if (!count_first) unmet = *std::move(fetched);
      TRY(note(ctx, source.id, sum, done));
    }
    const auto total = static_cast<std::int64_t>(sum.files);
    turn.progress(total, total, order.dry_run ? "nothing was fetched" : "what was chosen is held");
    turn.result(result_of(order, sum, done, unmet));
    for (const auto& name : unmet.missing)
      ctx.log().warn("a package is in none of the sources", {{"package", name}});
    ctx.log().info("fetched ahead", {{"source", source.name},
                                     {"files", std::to_string(done.fetched)},
                                     {"bytes", std::to_string(done.bytes)},
                                     {"held", std::to_string(done.held)},
                                     {"failed", std::to_string(done.failed)}});
    return {};
  }

 private:
  /// All names and sizes, and of a dry run what is held.
  Result<Unmet> count(const Context& ctx, jobs::Turn& turn, const FetchOrder& order, Sum& sum) const {
    return choose_(ctx, order, [&](const std::vector<model::FileRecord>& files) -> Result<> {
      ++sum.packages;
      for (const auto& file : files) {
        ++sum.files;
        sum.bytes += file.size;
        if (order.dry_run && TRY(is_held(ctx, file))) ++sum.held;
      }
      turn.progress(0, 0, "choosing: " + std::to_string(sum.packages) + " packages");
      return ctx.check();
    });
  }

  Result<bool> is_held(const Context& ctx, const model::FileRecord& file) const {
    return TRY(find_held(*parts_, ctx, file.source, file.origin->key)).file.has_value();
  }

  /// `known`: what all comes to; null: it is added up in `sum` meanwhile.
  Result<Unmet> fetch(const Context& ctx, jobs::Turn& turn, const FetchOrder& order, const Sum* known,
                      Sum& sum, Fetched& done) const {
    const auto whole = known != nullptr ? std::optional(*known) : std::nullopt;
    FetchCrew crew(ctx, keep_, [&](const Fetched& so_far) {
      auto text = "fetching files: " + human_size(so_far.bytes);
      if (so_far.failed > 0) text += ", " + std::to_string(so_far.failed) + " failed";
      turn.progress(static_cast<std::int64_t>(so_far.files()),
                    whole ? static_cast<std::int64_t>(whole->files) : 0, std::move(text));
    });
    auto unmet = choose_(ctx, order, [&](const std::vector<model::FileRecord>& files) -> Result<> {
      if (!whole) ++sum.packages;
      for (const auto& file : files) {
        if (!whole) {
          ++sum.files;
          sum.bytes += file.size;
        }
        TRY(crew.add(file));
      }
      return {};
    });
    const auto ended = crew.finish(done);
    if (!ended) return tl::unexpected(ended.error());  // why `add` refused
    return unmet;
  }

  /// The queue tries again what may pass, but a full disk of the store does not pass by itself, and each
  /// attempt would fill it again.
  Result<> stopped(jobs::Turn& turn, const Error& error) const {
    if (!says_disk_full(error)) return tl::unexpected(error);
    if (parts_->stores_elsewhere) {
      turn.unable();
      return tl::unexpected(error);
    }
    return fail(Errc::too_large, error.message(), error.hint() + ": granary fetch goes on where it stopped");
  }

  Result<> note(const Context& ctx, model::SourceId source, const Sum& sum, const Fetched& done) const {
    auto text = rfc3339(parts_->clock->now()) + ' ' + std::to_string(sum.packages) +
                " packages: " + std::to_string(done.fetched) + " files fetched (" + human_size(done.bytes) +
                "), " + std::to_string(done.held) + " were held";
    if (done.failed > 0) text += ", " + std::to_string(done.failed) + " could not be had";
    return parts_->catalog->write(
        ctx, [&](catalog::WriteView& view) { return view.mirroring().set_state(source, kLastFetch, text); });
  }

  const Parts* parts_;
  const std::string kind_;
  const ChooseFiles choose_;
  const KeepFile keep_;
};

}  // namespace

jobs::JobSpec fetch_job(const FetchOrder& order, model::SourceId source, bool by_hand) {
  auto text = to_text(order);
  const auto key = sha256(as_bytes(text)).hex();
  return {.kind = std::string(order.all && !order.dry_run ? kFetchAll : kFetch),
          .arguments = std::move(text),
          .key = std::to_string(source.value) + ' ' + key,
          .source = source.value,
          .priority = by_hand ? kPriority : kPriorityByItself,
          .max_attempts = kAttempts};
}

Result<> fetch_if_wanted(const Parts& parts, const Context& ctx, const model::Source& source) {
  const auto order = order_of(parts.fetch, source);
  if (!parts.queue || !order) return {};
  TRY(parts.queue->submit(ctx, fetch_job(*order, source.id, false)));
  return {};
}

std::unique_ptr<jobs::Handler> make_fetch_handler(const Parts& parts, std::string_view kind,
                                                  ChooseFiles choose, KeepFile keep) {
  return std::make_unique<FetchHandler>(parts, kind, std::move(choose), std::move(keep));
}

}  // namespace granary::mirror
