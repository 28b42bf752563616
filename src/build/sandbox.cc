#include "build/sandbox.h"

#include <algorithm>
#include <array>
#include <filesystem>
#include <iterator>

#include "base/log.h"

namespace granary::build {
namespace {

namespace fs = std::filesystem;

constexpr auto kPatience = std::chrono::seconds(10);

/// What a program needs of the system. Of /etc only what holds no secret.
constexpr std::array<std::string_view, 2> kWholeFolders = {"/usr", "/opt"};
constexpr std::array<std::string_view, 6> kMergedFolders = {"/bin",   "/sbin",  "/lib",
                                                            "/lib64", "/lib32", "/libx32"};
constexpr auto kOfEtc = std::to_array<std::string_view>({"alternatives",
                                                         "ld.so.cache",
                                                         "ld.so.conf",
                                                         "ld.so.conf.d",
                                                         "R",
                                                         "ssl/certs",
                                                         "ssl/openssl.cnf",
                                                         "pki/tls/certs",
                                                         "pki/tls/cert.pem",
                                                         "pki/tls/openssl.cnf",
                                                         "pki/ca-trust/extracted",
                                                         "ca-certificates",
                                                         "crypto-policies",
                                                         "fonts",
                                                         "localtime",
                                                         "timezone",
                                                         "passwd",
                                                         "group",
                                                         "nsswitch.conf",
                                                         "hosts",
                                                         "host.conf",
                                                         "resolv.conf",
                                                         "gai.conf",
                                                         "services",
                                                         "protocols",
                                                         "mime.types",
                                                         "ssh/ssh_known_hosts"});

/// With links resolved, also where its end is not there.
std::string real(const std::string& path) {
  std::error_code error;
  auto resolved = fs::weakly_canonical(path, error);
  return error ? fs::path(path).lexically_normal().string() : resolved.string();
}

bool is_below(std::string_view path, std::string_view folder) {
  if (folder == "/") return path.starts_with('/');
  return path == folder || (path.starts_with(folder) && path.substr(folder.size()).starts_with('/'));
}

void bind_system(std::vector<std::string>& out) {
  std::error_code error;
  for (const auto folder : kWholeFolders) {
    out.insert(out.end(), {"--ro-bind-try", std::string(folder), std::string(folder)});
  }
  for (const auto folder : kMergedFolders) {
    const auto status = fs::symlink_status(folder, error);
    if (fs::is_symlink(status))
      out.insert(out.end(), {"--symlink", fs::read_symlink(folder, error).string(), std::string(folder)});
    else if (fs::is_directory(status))
      out.insert(out.end(), {"--ro-bind", std::string(folder), std::string(folder)});
  }
  for (const auto name : kOfEtc) {
    const auto path = "/etc/" + std::string(name);
    out.insert(out.end(), {"--ro-bind-try", path, path});
  }
}

/// Where `path` is seen when `folder` is bound under its own name, which may be a link; empty: nowhere.
std::string seen_in(const std::string& path, const std::string& folder) {
  const auto resolved = real(folder);
  if (!is_below(path, resolved)) return {};
  return resolved == "/" ? path : folder + path.substr(resolved.size());
}

/// What is covered, in folders whose names can be made until they are sealed.
struct Covered {
  std::vector<std::string> folders;
  bool has(std::string_view path) const {
    return std::any_of(folders.begin(), folders.end(),
                       [&](const std::string& folder) { return is_below(path, folder); });
  }
  void seal(std::vector<std::string>& out) const {
    for (const auto& folder : folders) out.insert(out.end(), {"--remount-ro", folder});
  }
};

/// After all that is bound to be read. Only what could be seen otherwise: a mount point has to be there.
Covered hide(std::vector<std::string>& out, const std::vector<std::string>& hidden,
             const std::vector<std::string>& readable) {
  std::vector<std::string> bound(kWholeFolders.begin(), kWholeFolders.end());
  bound.insert(bound.end(), readable.begin(), readable.end());
  std::vector<std::string> paths;
  std::transform(hidden.begin(), hidden.end(), std::back_inserter(paths), real);
  std::sort(paths.begin(), paths.end());  // a folder comes before what is in it
  Covered covered;
  for (const auto& path : paths) {
    std::error_code error;
    if (!fs::exists(path, error)) continue;
    const bool is_folder = fs::is_directory(path, error);
    for (const auto& folder : bound) {
      const auto seen = seen_in(path, folder);
      if (seen.empty() || covered.has(seen)) continue;
      if (is_folder) {
        out.insert(out.end(), {"--tmpfs", seen});
        covered.folders.push_back(seen);
      } else {
        out.insert(out.end(), {"--ro-bind", "/dev/null", seen});
      }
    }
  }
  return covered;
}

std::vector<std::string> with_limits(const Limits& limits) {
  return {"setpriv",
          "--pdeathsig",
          "KILL",
          "prlimit",
          "--cpu=" + std::to_string(limits.time.count()),
          "--as=" + std::to_string(limits.memory),
          "--fsize=" + std::to_string(limits.file),
          "--nproc=" + std::to_string(limits.processes),
          "--core=0"};
}

}  // namespace

Result<Sandbox> Sandbox::open(const Context& ctx, SandboxSettings settings) {
  std::string said = "it is not installed";
  if (!settings.bubblewrap.empty()) {
    Sandbox closed(settings, true);
    const auto probe = closed.command({.arguments = {"true"},
                                       .environment = {},
                                       .folder = "/",
                                       .writable = {},
                                       .readable = {},
                                       .temporary = {}},
                                      Limits{});
    const auto status = run_command(ctx.with_timeout(kPatience), probe,
                                    [&](std::string_view line) { said = std::string(line); });
    if (status && *status == 0) return closed;
    TRY(ctx.check());
    if (!status) said = status.error().message();
  }
  if (settings.allow_unsandboxed) {
    ctx.log().warn("builds run without a sandbox: bubblewrap does not work here", {{"reason", said}});
    return Sandbox(std::move(settings), false);
  }
  return fail(
      Errc::unsupported, "builds have no sandbox here: bubblewrap does not work (" + said + ")",
      "install bubblewrap and let this user make user namespaces (in a container: its seccomp and "
      "AppArmor profiles), or set Git.AllowUnsandboxedGitBuilds = true if you trust every repository");
}

bool Sandbox::is_of_server(const std::string& path) const {
  const auto wanted = real(path);
  return std::any_of(settings_.hidden.begin(), settings_.hidden.end(), [&](const std::string& one) {
    const auto hidden = real(one);
    return is_below(wanted, hidden) || is_below(hidden, wanted);
  });
}

Result<> Sandbox::check_may_see(const std::string& path) const {
  if (!is_of_server(path)) return {};
  return fail(Errc::permission_denied, "the repository lies among the folders of the server itself",
              "move it elsewhere");
}

Command Sandbox::command(const Program& program, const Limits& limits) const {
  Command out;
  out.environment = program.environment;
  out.arguments = with_limits(limits);
  auto& words = out.arguments;
  if (closed_) {
    words.insert(words.end(), {settings_.bubblewrap, "--unshare-user", "--unshare-ipc", "--unshare-pid",
                               "--unshare-uts", "--unshare-cgroup-try", "--die-with-parent", "--new-session",
                               "--hostname", "build", "--cap-drop", "ALL"});
    if (!program.network) words.emplace_back("--unshare-net");
    bind_system(words);
    words.insert(words.end(), {"--proc", "/proc", "--dev", "/dev"});
    // On disk, where it is counted.
    for (const std::string shared : {"/tmp", "/dev/shm"}) {
      if (program.temporary.empty())
        words.insert(words.end(), {"--tmpfs", shared});
      else
        words.insert(words.end(), {"--bind", program.temporary, shared});
    }
    for (const auto& path : program.readable) words.insert(words.end(), {"--ro-bind", path, path});
    const auto covered = hide(words, settings_.hidden, program.readable);
    for (const auto& path : program.writable) words.insert(words.end(), {"--bind", path, path});
    covered.seal(words);
    words.insert(words.end(), {"--remount-ro", "/dev", "--remount-ro", "/", "--chdir", program.folder, "--"});
  } else {
    out.folder = program.folder;
  }
  words.insert(words.end(), program.arguments.begin(), program.arguments.end());
  return out;
}

}  // namespace granary::build
