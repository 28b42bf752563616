#include "build/git.h"

#include <sys/stat.h>

#include <algorithm>
#include <filesystem>
#include <iterator>
#include <utility>

#include "base/file.h"
#include "base/log.h"
#include "base/text.h"
#include "base/uri.h"
#include "build/gist.h"
#include "build/run_in.h"

namespace granary::build {
namespace {

namespace fs = std::filesystem;

constexpr auto kLook = std::chrono::minutes(2), kFetch = std::chrono::minutes(20);
constexpr std::size_t kMostLines = 250'000;

// In the home of git, since what is in the environment does not reach a repository of this machine.
constexpr std::string_view kConfig =
    "[safe]\n\tdirectory = *\n"
    "[core]\n\thooksPath = /dev/null\n\tfsmonitor = false\n\tquotePath = false\n"
    "[init]\n\tdefaultBranch = main\n"
    "[advice]\n\tdetachedHead = false\n"
    "[gc]\n\tauto = 0\n"
    "[versionsort]\n\tsuffix = -\n"
    "[credential]\n\thelper =\n";

Result<> write_private(const std::string& path, std::string_view text, unsigned mode = 0600) {
  return write_file_durably(path, text, mode);
}

/// Submodules of a repository elsewhere cannot name one of this machine.
std::string allowed_protocols(std::string_view url) {
  if (url.starts_with("file:")) return "file:https:ssh";
  return url.starts_with("http:") ? "http:https:ssh" : "https:ssh";
}

std::string path_of_file_url(std::string_view url) { return percent_decode(url.substr(7)).value_or(""); }

/// scheme://user:password@host, as git-credential-store keeps it: for that host alone.
std::string stored_credential(std::string_view url, const Credential& credential) {
  const auto begin = url.find("://") + 3;
  const auto host = url.substr(begin, std::min(url.find('/', begin), url.size()) - begin);
  return std::string(url.substr(0, begin)) + percent_encode(credential.user) + ":" +
         percent_encode(credential.secret) + "@" + std::string(host) + "\n";
}

bool says(const std::vector<std::string>& lines, std::string_view what) {
  return std::any_of(lines.begin(), lines.end(),
                     [&](const std::string& line) { return line.find(what) != std::string::npos; });
}

}  // namespace

Result<Git> Git::open(const Sandbox& sandbox, WorkFolder& work, const GitSettings& settings,
                      const Builder& builder, const std::optional<Credential>& credential) {
  Git git(sandbox, work, builder);
  TRY(git.prepare(settings, credential));
  return git;
}

Git::Git(Git&& other) noexcept
    : sandbox_(other.sandbox_),
      work_(std::exchange(other.work_, nullptr)),
      builder_(other.builder_),
      program_(std::move(other.program_)) {}

Git::~Git() {
  if (work_ != nullptr) work_->forget_secrets();
}

Result<> Git::prepare(const GitSettings& settings, const std::optional<Credential>& credential) {
  const auto transport = TRY(check(*builder_));
  program_.folder = work_->tree();
  program_.writable = {work_->tree(), work_->home(), work_->secrets()};
  program_.temporary = work_->temporary();
  program_.network = transport != Transport::file;
  auto& environment = program_.environment;
  environment = environment_in(*work_);
  environment.push_back("TMPDIR=" + (sandbox_->closed() ? std::string("/tmp") : work_->temporary()));
  environment.push_back("GIT_ALLOW_PROTOCOL=" + allowed_protocols(builder_->url));
  std::string config(kConfig);
  if (transport == Transport::file) TRY(prepare_file());
  if (transport == Transport::https) config += TRY(prepare_https(settings, credential));
  if (transport == Transport::ssh) TRY(prepare_ssh(settings, credential));
  return write_private(work_->home() + "/.gitconfig", config);
}

Result<> Git::prepare_file() {
  const auto path = path_of_file_url(builder_->url);
  TRY(sandbox_->check_may_see(path));
  std::error_code error;
  if (!fs::is_directory(path, error))
    return fail(Errc::unavailable, "there is no folder " + path, "look at the URL of the builder");
  program_.readable.push_back(path);
  return {};
}

/// What the configuration says of the credential, too.
Result<std::string> Git::prepare_https(const GitSettings& settings,
                                       const std::optional<Credential>& credential) {
  if (!settings.proxy.empty())
    for (const std::string name : {"http_proxy=", "https_proxy="})
      program_.environment.push_back(name + settings.proxy);
  if (!credential) return std::string();
  const auto file = work_->secrets() + "/credentials";
  TRY(write_private(file, stored_credential(builder_->url, *credential)));
  return "\thelper = store --file=" + file + "\n";
}

Result<> Git::prepare_ssh(const GitSettings& settings, const std::optional<Credential>& credential) {
  auto& environment = program_.environment;
  std::string ssh =
      "ssh -F /dev/null -o PasswordAuthentication=no -o KbdInteractiveAuthentication=no "
      "-o StrictHostKeyChecking=accept-new -o ConnectTimeout=20 -o IdentityAgent=none";
  if (!settings.known_hosts.empty()) {
    if (!fs::exists(settings.known_hosts)) TRY(write_private(settings.known_hosts, ""));
    program_.writable.push_back(settings.known_hosts);
    ssh += " -o UserKnownHostsFile=" + settings.known_hosts;
  }
  if (credential) {
    const auto key = work_->secrets() + "/key";
    TRY(write_private(key, credential->secret + (credential->secret.ends_with('\n') ? "" : "\n")));
    ssh += " -o IdentitiesOnly=yes -i " + key;
  }
  if (credential && !credential->passphrase.empty()) {
    TRY(write_private(work_->secrets() + "/passphrase", credential->passphrase + "\n"));
    const auto answer = work_->secrets() + "/answer";
    TRY(write_private(answer, "#!/bin/sh\ncat '" + work_->secrets() + "/passphrase'\n", 0700));
    environment.insert(environment.end(),
                       {"SSH_ASKPASS=" + answer, "SSH_ASKPASS_REQUIRE=force", "DISPLAY=:0"});
  } else {
    ssh += " -o BatchMode=yes";
  }
  environment.push_back("GIT_SSH_COMMAND=" + ssh);
  return {};
}

/// Its lines when it ended with 0.
Result<std::vector<std::string>> Git::run(const Context& ctx, std::vector<std::string> arguments,
                                          const std::string& folder, bool tell) {
  auto program = program_;
  program.folder = folder;
  program.arguments = {"git"};
  const std::string verb = arguments.front();
  program.arguments.insert(program.arguments.end(), std::make_move_iterator(arguments.begin()),
                           std::make_move_iterator(arguments.end()));
  Limits limits;
  limits.memory *= 2;  // a pack is mapped whole
  std::vector<std::string> lines;
  const auto status = TRY(run_in(ctx.with_timeout(verb == "ls-remote" ? kLook : kFetch), *sandbox_, *work_,
                                 program, limits, [&](std::string_view line) {
                                   if (tell) ctx.log().info("git: " + std::string(line));
                                   if (lines.size() < kMostLines) lines.emplace_back(line);
                                 }));
  if (status == 0) return lines;
  if (status == 127 || (status == 1 && says(lines, "execvp git")))
    return fail(Errc::unsupported, "the program git is not there",
                "install git on every node that runs jobs");
  return fail(Errc::unavailable, "git " + verb + ": " + gist_of(lines),
              "look at the URL and the credential of the builder");
}

Result<std::vector<RemoteRef>> Git::refs(const Context& ctx) {
  const bool tags = builder_->trigger == Trigger::tags;
  std::vector<std::string> arguments = {"ls-remote", "--quiet"};
  std::string wanted = builder_->branch.empty() ? "HEAD" : "refs/heads/" + builder_->branch;
  if (tags)
    arguments.insert(arguments.end(), {"--tags", "--sort=version:refname", "--", builder_->url});
  else
    arguments.insert(arguments.end(), {"--", builder_->url, wanted});
  auto refs = TRY(parse_remote_refs(TRY(run(ctx, std::move(arguments), work_->tree(), false))));
  std::erase_if(refs, [&](const RemoteRef& ref) {
    return tags ? !ref.name.starts_with(kTags) || !check_ref(ref.name.substr(kTags.size()))
                : ref.name != wanted;
  });
  if (tags) {
    for (auto& ref : refs) ref.name.erase(0, kTags.size());
  } else if (refs.empty()) {
    return fail(Errc::not_found,
                builder_->branch.empty() ? "the repository has no commit yet"
                                         : "the repository has no branch '" + builder_->branch + "'",
                "push one, or name another branch: granary edit git-builder --new-branch");
  }
  return refs;
}

Result<> Git::fetch(const Context& ctx, const std::vector<std::string>& refspecs) {
  const auto with = [&](std::int64_t depth) {
    std::vector<std::string> arguments = {"fetch", "--quiet", "--no-recurse-submodules"};
    if (depth > 0) arguments.push_back("--depth=" + std::to_string(depth));
    arguments.emplace_back(depth > 0 ? "--no-tags" : "--tags");
    arguments.insert(arguments.end(), {"--", "origin"});
    arguments.insert(arguments.end(), refspecs.begin(), refspecs.end());
    return arguments;
  };
  auto fetched = run(ctx, with(builder_->clone_depth), work_->tree(), true);
  // A web server that only has the files gives all of them or none.
  if (!fetched && fetched.error().message().find("shallow") != std::string::npos)
    fetched = run(ctx, with(0), work_->tree(), true);
  if (!fetched && fetched.error().message().find("couldn't find remote ref") != std::string::npos)
    return fail(Errc::not_found, "the repository does not have it: " + fetched.error().message(),
                "look at the name of the tag or branch");
  if (!fetched) return tl::unexpected(std::move(fetched).error());
  return {};
}

/// Many servers give a commit by its number; all of them give everything. What is to be checked out.
Result<std::string> Git::fetch_commit(const Context& ctx, const std::string& commit) {
  if (is_commit(commit)) {
    const auto fetched = fetch(ctx, {commit});
    if (fetched) return "FETCH_HEAD";
    TRY(ctx.check());
  }
  TRY(run(ctx,
          {"fetch", "--quiet", "--no-recurse-submodules", "--tags", "--", "origin",
           "+refs/heads/*:refs/remotes/origin/*"},
          work_->tree(), true));
  if (run(ctx, {"cat-file", "-e", commit + "^{commit}"}, work_->tree(), false)) return commit;
  TRY(ctx.check());
  return fail(Errc::not_found, "the repository does not have the commit " + commit,
              "look at its number, and whether it was pushed");
}

Result<> Git::check_out_submodules(const Context& ctx, const std::string& folder, std::int64_t levels) {
  if (levels <= 0) return {};
  std::error_code error;
  if (!fs::is_regular_file(fs::symlink_status(folder + "/.gitmodules", error))) return {};
  std::vector<std::string> update = {"submodule", "--quiet", "update", "--init"};
  if (builder_->clone_depth > 0)
    update.insert(update.end(), {"--depth", std::to_string(builder_->clone_depth)});
  TRY(run(ctx, std::move(update), folder, true));
  if (levels == 1) return {};
  // "160000 <commit> 0\t<path>" is a submodule.
  for (const auto& line : TRY(run(ctx, {"ls-files", "--stage"}, folder, false))) {
    const auto tab = line.find('\t');
    if (!line.starts_with("160000 ") || tab == std::string::npos) continue;
    const auto name = line.substr(tab + 1);
    if (name.starts_with('"'))
      return fail(Errc::unsupported,
                  "the submodule " + name + " has quotes, backslashes or controls in its path",
                  "rename it, or check out one level of submodules");
    const auto path = folder + "/" + name;
    if (fs::is_directory(fs::symlink_status(path, error))) TRY(check_out_submodules(ctx, path, levels - 1));
  }
  return {};
}

Result<CheckedOut> Git::check_out(const Context& ctx, const std::string& what) {
  TRY(run(ctx, {"init", "--quiet", "--template="}, work_->tree(), false));
  TRY(run(ctx, {"remote", "add", "origin", builder_->url}, work_->tree(), false));
  std::string fetched = "FETCH_HEAD";
  if (what.starts_with(kTags))
    TRY(fetch(ctx, {"+" + what + ":" + what}));
  else if (what == "HEAD" || what.starts_with("refs/"))
    TRY(fetch(ctx, {what}));
  else
    fetched = TRY(fetch_commit(ctx, what));
  TRY(run(ctx, {"checkout", "--quiet", "--detach", "--force", fetched}, work_->tree(), true));
  TRY(check_out_submodules(ctx, work_->tree(), builder_->submodules));
  CheckedOut out;
  for (const auto& line : TRY(run(ctx, {"log", "-1", "--format=%H %ct"}, work_->tree(), false))) {
    const auto parts = split(line, ' ');
    if (parts.size() != 2 || !is_commit(parts[0])) continue;
    out.commit = parts[0];
    out.time = static_cast<std::int64_t>(parse_unsigned(parts[1]).value_or(0));
  }
  if (!out.commit.empty()) return out;
  return fail(Errc::unavailable, "git does not say which commit was checked out", "try again");
}

}  // namespace granary::build
