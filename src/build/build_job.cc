#include "build/build_job.h"

#include <algorithm>
#include <span>
#include <thread>

#include "base/away.h"
#include "base/json.h"
#include "base/log.h"
#include "build/node_ability.h"
#include "build/package_build.h"
#include "build/plan.h"
#include "jobs/policy.h"

namespace granary::build {
namespace {

constexpr std::string_view kKind = "build";
constexpr auto kLongestTurn = std::chrono::hours(1);
constexpr auto kLongestBuild = std::chrono::hours(1);  // with all that it fetches
constexpr std::chrono::milliseconds kFirstPause{100}, kLongestPause{1000};

Counter* failures(Metrics* metrics) {
  if (metrics == nullptr) return nullptr;
  return &metrics->counter("ppm_git_builds_failed_total",
                           "Builds from git that failed and are not tried again");
}

Result<std::optional<Credential>> credential_of(const Context& ctx, const Parts& parts,
                                                const Builder& builder) {
  if (builder.credential.empty()) return std::nullopt;
  return TRY(parts.credentials->get(ctx, TRY(check_url(builder.url)), builder.credential));
}

std::string short_commit(std::string_view commit) { return std::string(commit.substr(0, 12)); }

bool is_look(const Order& order) {
  return order.tag.empty() && order.commit.empty() && !order.again && order.rest_of == 0;
}

std::string name_of(const Build& build) {
  return build.ref.empty() ? short_commit(build.commit) : short_ref(build.ref);
}

/// One build of a turn, with what the log and the transactions say of it.
class OneBuild {
 public:
  OneBuild(const Context& ctx, const Parts& parts, const Sandbox& sandbox, const Builder& builder,
           const model::Source& source, jobs::Turn& turn)
      : ctx_(&ctx), parts_(&parts), sandbox_(&sandbox), builder_(&builder), source_(&source), turn_(&turn) {}

  /// The build with what came of it.
  Result<Build> run(Build build) {
    say("fetching " + name_of(build));
    const auto work = TRY(WorkFolder::make(parts_->folder));
    const auto checked_out = TRY(check_out(*work, build));
    if (checked_out.commit != build.commit)
      TRY(parts_->builds->set_commit(*ctx_, build.id, checked_out.commit));
    build.commit = checked_out.commit;
    const auto ecosystem = ecosystem_of(source_->type);
    const auto folder = TRY(package_folder(*work, *builder_, ecosystem));
    say("building " + short_commit(build.commit));
    phase_ = Phase::building;
    const auto products =
        TRY(build_package(*ctx_, *sandbox_, *work, parts_->tools, folder, ecosystem, checked_out.time));
    say("publishing");
    phase_ = Phase::publishing;
    TRY(publish(build, products));
    TRY(parts_->builds->succeed(*ctx_, build, {build.package, build.version, build.transaction}));
    return build;
  }

  /// What failed then is the server's own database or store, or what they say.
  bool publishing() const noexcept { return phase_ == Phase::publishing; }
  /// Not the build's own failure: the host of the repository or of a submodule, the index or the room on the
  /// disk was away.
  bool lacked_something(Errc code) const noexcept {
    return (code == Errc::unavailable && !publishing()) ||
           (code == Errc::deadline_exceeded && phase_ == Phase::fetching);
  }

 private:
  void say(const std::string& doing) { turn_->progress(0, 0, doing); }

  Result<CheckedOut> check_out(WorkFolder& work, const Build& build) {
    auto git = TRY(
        Git::open(*sandbox_, work, parts_->git, *builder_, TRY(credential_of(*ctx_, *parts_, *builder_))));
    return git.check_out(*ctx_, build.ref.empty() ? build.commit : build.ref);
  }

  /// Everything is looked at before the first file is published.
  Result<> publish(Build& build, const std::vector<Product>& products) {
    Publication one;
    one.source = builder_->source;
    one.actor = "git-builder " + builder_->name;
    one.comment = "built by " + builder_->name + " from " + short_commit(build.commit) +
                  (build.ref.empty() ? "" : " (" + short_ref(build.ref) + ")");
    one.keep = TRY(parts_->builds->digests_of(*ctx_, builder_->id, build.commit));
    // Tags are versions, which never change; a branch has its newest commit.
    one.replace = builder_->trigger == Trigger::commits;
    one.dry_run = true;
    std::vector<BuiltFile> files;
    for (const auto& product : products) {
      const auto looked = TRY(publish_file(one, product));
      if (!build.package.empty() && (looked.package != build.package || looked.version != build.version))
        return fail(Errc::invalid_argument,
                    "the build made two packages: " + build.package + " " + build.version + " and " +
                        looked.package + " " + looked.version,
                    "look at what its scripts do");
      build.package = looked.package;
      build.version = looked.version;
      files.push_back({product.filename, product.digest});
      build.files.push_back(product.filename);
    }
    TRY(parts_->builders->claim_package(*ctx_, *builder_, build.package));
    TRY(parts_->builds->note_files(*ctx_, build, files));
    one.dry_run = false;
    for (const auto& product : products) {
      const auto done = TRY(publish_file(one, product));
      build.transaction = std::max(build.transaction, done.transaction);
      if (done.already)
        ctx_->log().info("is there already, from the same commit", {{"file", product.filename}});
    }
    return {};
  }

  Result<Publicised> publish_file(Publication& one, const Product& product) {
    one.filename = product.filename;
    one.path = product.path;
    auto done = parts_->publisher->publish(*ctx_, one);
    if (done || done.error().code() != Errc::conflict) return done;
    // Others may have written at the same time, which may go better later.
    auto asked = one;
    asked.dry_run = true;
    if (!one.dry_run && parts_->publisher->publish(*ctx_, asked)) return done;
    // What the source will not take now it will not take later.
    return fail(Errc::invalid_argument, done.error().message(),
                one.replace ? done.error().hint()
                            : "a builder of tags never changes a version: push a tag with a new one");
  }

  const Context* ctx_;
  const Parts* parts_;
  const Sandbox* sandbox_;
  const Builder* builder_;
  const model::Source* source_;
  jobs::Turn* turn_;
  enum class Phase : std::uint8_t { fetching, building, publishing } phase_ = Phase::fetching;
};

std::string result_of(const std::vector<Build>& built) {
  JsonWriter json;
  json.begin_object();
  json.key("built");
  json.begin_array();
  for (const auto& build : built) {
    json.begin_object();
    json.member("ref", short_ref(build.ref));
    json.member("commit", build.commit);
    json.member("package", build.package);
    json.member("version", build.version);
    json.key("files");
    json.begin_array();
    for (const auto& file : build.files) json.value(file);
    json.end_array();
    json.member("transaction", build.transaction);
    json.end_object();
  }
  json.end_array();
  json.end_object();
  return std::move(json).take();
}

class BuildHandler final : public jobs::Handler {
 public:
  explicit BuildHandler(Parts parts) : parts_(std::move(parts)) {
    remove_leftovers(parts_.folder);
    failed_ = failures(parts_.metrics);
  }
  std::string_view kind() const noexcept override { return kKind; }
  bool takes_long() const noexcept override { return true; }

  Result<> run(const Context& ctx, jobs::Turn& turn) override {
    const auto order = TRY(parse_order(turn.job().spec.arguments));
    const auto builder = TRY(parts_.builders->get(ctx, order.builder));
    const auto source = TRY(parts_.publisher->source(ctx, builder.source));
    const auto sandbox = open_for_builds(ctx, parts_.sandbox, parts_.tools, ecosystem_of(source.type));
    if (!sandbox) return tl::unexpected(TRY(leave(ctx, turn, builder, sandbox.error())));
    if (const auto room = has_room(); !room)
      return tl::unexpected(TRY(leave(ctx, turn, builder, room.error())));
    TRY(wait_for_others(ctx, turn, builder));
    TRY(end_orphans(ctx, parts_, builder));
    auto found = open_builds(ctx, turn, *sandbox, builder, order);
    if (!found || found->empty()) {
      TRY(note_look(ctx, builder, found));
      turn.progress(0, 0, "nothing is new");
      turn.result(result_of({}));
      return {};
    }
    std::vector<Build> built;
    Result<> outcome;
    const auto until = Context::Clock::now() + kLongestTurn;
    for (std::size_t i = 0; i < found->size(); ++i) {
      if (i == parts_.most_builds || Context::Clock::now() >= until) {
        TRY(parts_.builders->order_rest(ctx, builder, turn.job().id, std::span(*found).subspan(i)));
        break;
      }
      auto& build = (*found)[i];
      const auto bounded = ctx.with_timeout(kLongestBuild);
      OneBuild one(bounded, parts_, *sandbox, builder, source, turn);
      auto done = one.run(build);
      if (done) {
        ctx.log().info("built", {{"package", done->package},
                                 {"version", done->version},
                                 {"commit", done->commit},
                                 {"transaction", std::to_string(done->transaction)}});
        built.push_back(*std::move(done));
        continue;
      }
      TRY(ctx.check());  // stopped: another turn goes on here
      // Since the turn began. What the build itself took is free again.
      if (const auto room = has_room(); !room && !one.publishing())
        return tl::unexpected(TRY(leave(ctx, turn, builder, room.error())));
      if (done.error().code() == Errc::unsupported && !one.publishing())
        return tl::unexpected(TRY(leave(ctx, turn, builder, done.error())));
      auto failed = TRY(note_failure(ctx, turn, build, std::move(done).error(), one));
      // What may go better later counts more: its turn comes again.
      if (outcome || jobs::is_permanent(outcome.error().code())) outcome = tl::unexpected(std::move(failed));
    }
    turn.result(result_of(built));
    if (outcome)
      turn.progress(static_cast<std::int64_t>(built.size()), static_cast<std::int64_t>(built.size()),
                    said(built));
    return outcome;
  }

 private:
  Result<> has_room() const { return check_room(parts_.folder, parts_.least_free); }

  /// What this node lacks another may have; whoever reads of the builder or of the job reads what it is.
  Result<Error> leave(const Context& ctx, jobs::Turn& turn, const Builder& builder, const Error& lack) {
    TRY(ctx.check());
    auto error = of_node(parts_.node, lack);
    if (builder.problem != error.message()) TRY(parts_.builders->note_look(ctx, builder.id, error.message()));
    turn.unable();
    return error;
  }

  /// Builds of one builder come one after the other, so that the newest commit is published last and the same
  /// commit never twice.
  Result<> wait_for_others(const Context& ctx, jobs::Turn& turn, const Builder& builder) {
    for (auto pause = kFirstPause;; pause = std::min(pause * 2, kLongestPause)) {
      TRY(ctx.check());
      const auto holder = TRY(parts_.builders->claim_building(ctx, builder.id, turn.job().id));
      if (holder == turn.job().id) return {};
      if (holder == 0) return fail(Errc::not_found, "the builder was deleted", "make it again");
      turn.progress(0, 0, "waiting for job " + std::to_string(holder) + " of the same builder");
      std::this_thread::sleep_for(pause);
    }
  }

  /// What an earlier turn has ordered, and what a look orders now: while a build waits to be tried again, the
  /// commit that mends it may have come.
  Result<std::vector<Build>> open_builds(const Context& ctx, jobs::Turn& turn, const Sandbox& sandbox,
                                         const Builder& builder, const Order& order) {
    const auto job = turn.job().id;
    auto open = TRY(parts_.builds->open(ctx, job));
    if (open.empty() || is_look(order)) {
      turn.progress(0, 0, "looking at the repository");
      auto looking = builder;
      if (!order.tag.empty()) looking.trigger = Trigger::tags;
      std::vector<RemoteRef> refs;
      if (order.commit.empty()) refs = TRY(look(ctx, parts_, sandbox, looking));
      const Known known{TRY(parts_.builds->known_tags(ctx, builder.id)), [&](std::string_view commit) {
                          return parts_.builds->is_built(ctx, builder.id, commit);
                        }};
      auto planned = TRY(plan(builder, order, refs, known));
      TRY(drop_outdated(ctx, open, planned));
      TRY(parts_.builds->order(ctx, builder, job, planned));
      TRY(parts_.builders->note_look(ctx, builder.id, ""));
      open = TRY(parts_.builds->open(ctx, job));
    }
    return open;
  }

  /// Of a branch only its newest commit is built; what is open already is not ordered twice.
  Result<> drop_outdated(const Context& ctx, const std::vector<Build>& open, Builds::Plan& planned) {
    for (const auto& build : open) {
      std::erase_if(planned.wanted, [&](const RemoteRef& ref) {
        return ref.name == build.ref && ref.commit == build.commit;
      });
      const auto newer = std::find_if(planned.wanted.begin(), planned.wanted.end(),
                                      [&](const RemoteRef& ref) { return ref.name == build.ref; });
      if (newer == planned.wanted.end()) continue;
      auto error = fail(Errc::conflict, "given up for commit " + short_commit(newer->commit)).value();
      TRY(parts_.builds->note_failure(ctx, build, error, Builds::After::over));
    }
    return {};
  }

  /// Why nothing could be looked at is shown with the builder, too.
  Result<> note_look(const Context& ctx, const Builder& builder, const Result<std::vector<Build>>& found) {
    if (found) return {};
    if (ctx.check()) TRY(parts_.builders->note_look(ctx, builder.id, found.error().message()));
    return tl::unexpected(found.error());
  }

  /// The error that the job ends with: a permanent one when the build is not tried again. A store that was
  /// away is no failure of the build.
  Result<Error> note_failure(const Context& ctx, const jobs::Turn& turn, const Build& build, Error error,
                             const OneBuild& one) {
    const auto& job = turn.job();
    const bool publishing = one.publishing(), lacked = one.lacked_something(error.code());
    // The job comes again, whatever its attempts, when it is the store that is away: if not, the build is an
    // orphan at the next look.
    const bool away = publishing && is_away(error);
    const bool last =
        publishing ? !away && job.attempt >= job.spec.max_attempts : job.attempt >= job.spec.max_attempts - 1;
    if (last && !jobs::is_permanent(error.code()))
      error = fail(Errc::invalid_argument, error.message(), error.hint()).value();
    const bool over = jobs::is_permanent(error.code());
    if (over && failed_ != nullptr) failed_->add();
    ctx.log().failed("cannot build " + name_of(build), error);
    using After = Builds::After;
    TRY(parts_.builds->note_failure(ctx, build, error,
                                    !over    ? After::tried_again
                                    : lacked ? After::forgotten
                                             : After::over));
    return error;
  }

  static std::string said(const std::vector<Build>& built) {
    std::string out = "built ";
    for (const auto& build : built) {
      if (&build != &built.front()) out += ", ";
      out += build.package + " " + build.version;
    }
    return out;
  }

  Parts parts_;
  Counter* failed_ = nullptr;
};

}  // namespace

Result<std::vector<RemoteRef>> look(const Context& ctx, const Parts& parts, const Sandbox& sandbox,
                                    const Builder& builder) {
  const auto work = TRY(WorkFolder::make(parts.folder));
  auto git = TRY(Git::open(sandbox, *work, parts.git, builder, TRY(credential_of(ctx, parts, builder))));
  return git.refs(ctx);
}

Result<> end_orphans(const Context& ctx, const Parts& parts, const Builder& builder) {
  const auto ended = TRY(parts.builds->end_orphans(ctx, builder.id));
  if (auto* failed = failures(parts.metrics); failed != nullptr && ended > 0)
    failed->add(static_cast<std::uint64_t>(ended));
  return {};
}

std::unique_ptr<jobs::Handler> make_build_handler(Parts parts) {
  return std::make_unique<BuildHandler>(std::move(parts));
}

}  // namespace granary::build
