#include "mirror/crawl_job.h"

#include <algorithm>
#include <atomic>
#include <mutex>
#include <optional>
#include <thread>
#include <vector>

#include "base/json.h"
#include "base/text.h"
#include "python/project_record.h"

namespace granary::mirror {
namespace {

constexpr std::string_view kKind = "crawl";
constexpr std::int64_t kAttempts = 24;
/// Last of all: it takes hours.
constexpr std::int64_t kPriority = -10;
constexpr std::size_t kAtOnce = 400;  // names that are looked up and asked for together
constexpr std::size_t kThreads = 8;   // as many as the upstream's pace lets ask at once
/// So many failures in a row are not those of single pages: upstream is away.
constexpr int kTooMany = 20;

struct Name {
  std::string name;
  std::int64_t serial = 0;
};

struct Names {
  std::vector<Name> names;
  std::int64_t newest = 0;
};

/// Those that may have changed since the last crawl that came to its end.
Result<Names> names_to_crawl(const Parts& parts, const Context& ctx, model::SourceId source) {
  Names out;
  TRY(parts.catalog->read(ctx, [&](catalog::ReadView& view) -> Result<> {
    out = {};
    const auto until = static_cast<std::int64_t>(
        parse_unsigned(TRY(view.mirrors().state(source, kCrawledUntil))).value_or(0));
    return view.mirrors().for_each_name(source, model::TxNo{INT64_MAX - 1},
                                        [&](const catalog::UpstreamName& one) -> Result<> {
                                          out.newest = std::max(out.newest, one.serial);
                                          if (one.serial == 0 || one.serial > until)
                                            out.names.push_back({one.name, one.serial});
                                          return {};
                                        });
  }));
  return out;
}

/// Of names[from, to) those whose page is not known, or is older than the list.
Result<std::vector<std::string>> lacking(const Parts& parts, const Context& ctx, model::SourceId source,
                                         const std::vector<Name>& names, std::size_t from, std::size_t to) {
  std::vector<std::string> out;
  TRY(parts.catalog->read(ctx, [&](catalog::ReadView& view) -> Result<> {
    out.clear();
    for (std::size_t i = from; i < to; ++i) {
      const auto record = TRY(view.mirrors().record(source, "", names[i].name, std::nullopt));
      // A damaged one is fetched again.
      const auto known = record ? python::decode_project(record->bytes) : python::Project{};
      const bool there = record && known && (names[i].serial == 0 || known->serial >= names[i].serial);
      if (!there) out.push_back(names[i].name);
    }
    return {};
  }));
  return out;
}

struct Counts {
  std::uint64_t fetched = 0, absent = 0, unreadable = 0, put_off = 0;
  int failures = 0;              // in a row
  std::optional<Error> problem;  // of the last that was put off
};

class CrawlHandler final : public jobs::Handler {
 public:
  CrawlHandler(const Parts& parts, Refresh refresh) : parts_(&parts), refresh_(std::move(refresh)) {}
  std::string_view kind() const noexcept override { return kKind; }
  bool takes_long() const noexcept override { return true; }

  Result<> run(const Context& ctx, jobs::Turn& turn) override {
    const auto source = TRY(mirror_source(*parts_, ctx, {turn.job().spec.source}));
    const auto [names, newest] = TRY(names_to_crawl(*parts_, ctx, source.id));
    const auto total = static_cast<std::int64_t>(names.size());
    Counts counts;
    for (std::size_t at = 0; at < names.size(); at += kAtOnce) {
      TRY(ctx.check());
      turn.progress(static_cast<std::int64_t>(at), total, "fetching the pages of " + source.name);
      const auto some =
          TRY(lacking(*parts_, ctx, source.id, names, at, std::min(names.size(), at + kAtOnce)));
      TRY(ask(ctx, source.id, some, counts));
      if (counts.failures >= kTooMany) break;
    }
    TRY(ctx.check());
    if (counts.put_off > 0)
      return fail(Errc::unavailable,
                  "could not ask upstream for " + std::to_string(counts.put_off) + " projects" +
                      (counts.problem ? ": " + counts.problem->message() : ""),
                  "what is known is served; it goes on where it stopped");
    TRY(parts_->catalog->write(ctx, [&](catalog::WriteView& view) -> Result<> {
      TRY(view.mirroring().set_state(source.id, kCrawlWanted, ""));
      return view.mirroring().set_state(source.id, kCrawledUntil, std::to_string(newest));
    }));
    turn.progress(total, total, "every page is known");
    turn.result(result_of(counts));
    ctx.log().info("crawled", {{"source", source.name},
                               {"fetched", std::to_string(counts.fetched)},
                               {"absent", std::to_string(counts.absent)},
                               {"unreadable", std::to_string(counts.unreadable)}});
    return {};
  }

 private:
  static std::string result_of(const Counts& counts) {
    JsonWriter json;
    json.begin_object();
    json.member("fetched", counts.fetched);
    json.member("absent", counts.absent);
    json.member("unreadable", counts.unreadable);
    json.end_object();
    return std::move(json).take();
  }

  /// All of them, several at a time; ends early when upstream is away.
  Result<> ask(const Context& ctx, model::SourceId source, const std::vector<std::string>& projects,
               Counts& counts) const {
    std::atomic<std::size_t> next = 0;
    std::mutex mutex;
    const auto work = [&] {
      for (std::size_t i = next++; i < projects.size() && ctx.check(); i = next++) {
        const auto asked = refresh_(ctx, source, projects[i]);
        const std::lock_guard lock(mutex);
        note(ctx, projects[i], asked, counts);
        if (counts.failures >= kTooMany) return;
      }
    };
    {
      std::vector<std::jthread> threads;
      for (std::size_t i = 1; i < std::min(kThreads, projects.size()); ++i) threads.emplace_back(work);
      work();
    }
    return ctx.check();
  }

  static void note(const Context& ctx, const std::string& project, const Result<>& asked, Counts& counts) {
    if (asked) {
      ++counts.fetched;
      counts.failures = 0;
      return;
    }
    const auto code = asked.error().code();
    if (code == Errc::not_found) {
      ++counts.absent;  // gone since the list was read
      counts.failures = 0;
    } else if (code == Errc::corrupt || code == Errc::too_large) {
      ++counts.unreadable;
      counts.failures = 0;
      ctx.log().warn("a page cannot be read", {{"project", project}, {"why", asked.error().message()}});
    } else {
      ++counts.put_off;
      ++counts.failures;
      counts.problem = asked.error();
    }
  }

  const Parts* parts_;
  const Refresh refresh_;
};

}  // namespace

jobs::JobSpec crawl_job(model::SourceId source) {
  return {.kind = std::string(kKind),
          .key = std::to_string(source.value),
          .source = source.value,
          .priority = kPriority,
          .max_attempts = kAttempts};
}

Result<> want_crawl(const Parts& parts, const Context& ctx, model::SourceId id) {
  const auto source = TRY(mirror_source(parts, ctx, id));
  if (source.type != model::SourceType::pypi)
    return fail(Errc::invalid_argument, "the source '" + source.name + "' is no index of Python packages",
                "a synchronisation of CRAN and of Bioconductor knows every package already");
  return parts.catalog->write(
      ctx, [&](catalog::WriteView& view) { return view.mirroring().set_state(id, kCrawlWanted, "1"); });
}

Result<> crawl_if_wanted(const Parts& parts, const Context& ctx, const model::Source& source) {
  if (!parts.queue || source.type != model::SourceType::pypi) return {};
  bool wanted = parts.crawl;
  TRY(parts.catalog->read(ctx, [&](catalog::ReadView& view) -> Result<> {
    wanted = wanted || !TRY(view.mirrors().state(source.id, kCrawlWanted)).empty();
    return {};
  }));
  if (wanted) TRY(parts.queue->submit(ctx, crawl_job(source.id)));
  return {};
}

std::unique_ptr<jobs::Handler> make_crawl_handler(const Parts& parts, Refresh refresh) {
  return std::make_unique<CrawlHandler>(parts, std::move(refresh));
}

}  // namespace granary::mirror
