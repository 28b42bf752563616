#include "build/builder.h"

#include <algorithm>
#include <array>

#include "base/text.h"
#include "build/remote_refs.h"

namespace granary::build {
namespace {

constexpr std::size_t kLongestUrl = 1000, kLongestPath = 300, kLongestRef = 200;
constexpr std::int64_t kMostSubmoduleLevels = 16, kDeepestClone = 1'000'000;

bool is_printable(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) { return c > ' ' && c < '\x7f'; });
}

std::string shown(std::string_view text) { return "'" + std::string(text.substr(0, 80)) + "'"; }

/// "git@host:path": a host without a slash before the first colon.
bool is_scp_like(std::string_view url) {
  const auto colon = url.find(':');
  return colon != std::string_view::npos && colon > 0 && url.find('/') > colon &&
         url.substr(colon, 3) != "://" && url.find('@') < colon;
}

/// The part of scheme://part/... before the path.
std::string_view authority(std::string_view url) {
  const auto begin = url.find("://") + 3;
  return url.substr(begin, std::min(url.find('/', begin), url.size()) - begin);
}

}  // namespace

std::string_view name_of(Trigger trigger) noexcept { return trigger == Trigger::tags ? "tags" : "commits"; }
std::optional<Trigger> parse_trigger(std::string_view text) noexcept {
  if (text == "commits") return Trigger::commits;
  if (text == "tags") return Trigger::tags;
  return std::nullopt;
}

std::string_view name_of(Transport transport) noexcept {
  constexpr std::array<std::string_view, 3> kNames = {"https", "ssh", "file"};
  return kNames[static_cast<std::size_t>(transport)];
}
std::optional<Transport> parse_transport(std::string_view text) noexcept {
  for (const auto transport : {Transport::https, Transport::ssh, Transport::file}) {
    if (text == name_of(transport)) return transport;
  }
  return std::nullopt;
}

std::string_view name_of(Build::State state) noexcept {
  constexpr std::array<std::string_view, 3> kNames = {"waiting", "succeeded", "failed"};
  return kNames[static_cast<std::size_t>(state)];
}
std::optional<Build::State> parse_build_state(std::string_view text) noexcept {
  for (const auto state : {Build::State::waiting, Build::State::succeeded, Build::State::failed}) {
    if (text == name_of(state)) return state;
  }
  return std::nullopt;
}

Result<Transport> check_url(std::string_view url) {
  const std::string hint =
      "write https://host/path.git, ssh://user@host/path.git, user@host:path.git or file:///path";
  if (url.empty() || url.size() > kLongestUrl || url.front() == '-' || !is_printable(url))
    return fail(Errc::invalid_argument, shown(url) + " is not the URL of a git repository", hint);
  if (is_scp_like(url)) {
    if (url.substr(url.find('@') + 1).starts_with('-'))
      return fail(Errc::invalid_argument, shown(url) + " is not the URL of a git repository", hint);
    return Transport::ssh;
  }
  if (url.starts_with("file://")) {
    if (url.substr(7).starts_with('/') && url.find("/../") == std::string_view::npos) return Transport::file;
    return fail(Errc::invalid_argument, shown(url) + " does not name a folder of this machine",
                "write file:///path");
  }
  const bool ssh = url.starts_with("ssh://");
  if (!ssh && !url.starts_with("https://") && !url.starts_with("http://"))
    return fail(Errc::invalid_argument, shown(url) + " is not the URL of a git repository", hint);
  const auto before_path = authority(url);
  const auto at = before_path.rfind('@');
  const auto user = before_path.substr(0, at == std::string_view::npos ? 0 : at);
  const auto host = before_path.substr(at == std::string_view::npos ? 0 : at + 1);
  if (host.empty() || host.front() == '-' || user.starts_with('-'))
    return fail(Errc::invalid_argument, shown(url) + " is not the URL of a git repository", hint);
  if (user.find(':') != std::string_view::npos || (!ssh && !user.empty()))
    return fail(Errc::invalid_argument, "the URL holds a user or a password, which others would see",
                "leave it out, and name a credential: granary import https-credential");
  return ssh ? Transport::ssh : Transport::https;
}

Result<> check_ref(std::string_view ref) {
  constexpr std::string_view kForbidden = "~^:?*[\\";
  const bool bad =
      ref.empty() || ref.size() > kLongestRef || ref.front() == '-' || ref.front() == '/' ||
      ref.back() == '/' || ref.back() == '.' || ref.ends_with(".lock") ||
      ref.find("..") != std::string_view::npos || ref.find("@{") != std::string_view::npos ||
      ref.find("//") != std::string_view::npos || ref == "@" ||
      ref.find_first_of(kForbidden) != std::string_view::npos ||
      std::any_of(ref.begin(), ref.end(), [](char c) { return (c >= 0 && c <= ' ') || c == '\x7f'; });
  if (!bad && is_valid_utf8(ref)) return {};
  return fail(Errc::invalid_argument, shown(ref) + " is not the name of a branch or a tag",
              "write it as git does, without refs/heads/ or refs/tags/");
}

Result<> check_commit(std::string_view commit) {
  const bool hex = std::all_of(commit.begin(), commit.end(), [](char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
  });
  if (hex && commit.size() >= 7 && commit.size() <= 64) return {};
  return fail(Errc::invalid_argument, shown(commit) + " is not a commit", "write 7 to 40 digits of its SHA");
}

Result<> check_sub_dir(std::string_view sub_dir) {
  bool bad = sub_dir.size() > kLongestPath || sub_dir.starts_with('/') || !is_valid_utf8(sub_dir) ||
             std::any_of(sub_dir.begin(), sub_dir.end(), [](char c) { return c >= 0 && c < ' '; });
  for (const auto part : split(sub_dir, '/'))
    bad = bad || part == ".." || part == ".git" || part.starts_with('-');
  if (!bad) return {};
  return fail(Errc::invalid_argument, shown(sub_dir) + " is not a folder of the repository",
              "write its path from the root of the repository, such as packages/mypackage");
}

Result<Transport> check(const Builder& builder) {
  const auto transport = TRY(check_url(builder.url));
  TRY(model::check_name(builder.name));
  if (!builder.branch.empty()) TRY(check_ref(builder.branch));
  TRY(check_sub_dir(builder.sub_dir));
  if (builder.submodules < 0 || builder.submodules > kMostSubmoduleLevels)
    return fail(Errc::invalid_argument, "so many levels of submodules are not checked out",
                "give a number from 0 to 16");
  if (builder.clone_depth < 0 || builder.clone_depth > kDeepestClone)
    return fail(Errc::invalid_argument, "the depth of the clone is not one",
                "give a number from 1, or 0 for the whole history");
  if (!builder.branch.empty() && builder.trigger == Trigger::tags)
    return fail(Errc::invalid_argument, "a builder that waits for tags has no branch",
                "leave the branch out, or wait for commits");
  if (!builder.credential.empty() && transport == Transport::file)
    return fail(Errc::invalid_argument, "a repository of this machine needs no credential",
                "leave the credential out");
  return transport;
}

std::string short_ref(std::string_view ref) {
  for (const std::string_view prefix : {std::string_view("refs/heads/"), kTags}) {
    if (ref.starts_with(prefix)) return std::string(ref.substr(prefix.size()));
  }
  return std::string(ref);
}

std::string default_name(std::string_view url, std::string_view sub_dir) {
  auto path = sub_dir.empty() ? url : sub_dir;
  while (path.ends_with('/')) path.remove_suffix(1);
  path = path.substr(path.find_last_of("/:") + 1);  // npos + 1 is 0
  if (path.ends_with(".git")) path.remove_suffix(4);
  return std::string(path);
}

}  // namespace granary::build
