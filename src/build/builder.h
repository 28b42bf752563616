#pragma once
/// The nouns of building from git. Values and checks of what people type; no I/O.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.h"
#include "base/clock.h"
#include "model/types.h"

namespace granary::build {

/// What a builder waits for: new commits of its branch, or new tags.
enum class Trigger : std::uint8_t { commits, tags };
std::string_view name_of(Trigger trigger) noexcept;
std::optional<Trigger> parse_trigger(std::string_view text) noexcept;

/// How git gets to a repository, and what credentials are for.
enum class Transport : std::uint8_t { https, ssh, file };
std::string_view name_of(Transport transport) noexcept;
std::optional<Transport> parse_transport(std::string_view text) noexcept;

/// What to build, and from where.
struct Builder {
  std::int64_t id = 0;
  model::SourceId source;
  std::string name;    // unique in the source
  std::string url;     // https, http, ssh ("git@host:path" too) or file
  std::string branch;  // empty: the default one of the repository
  Trigger trigger = Trigger::commits;
  std::string credential{};      // name of one for the URL's transport; empty: none
  std::string sub_dir{};         // of the package in the tree; empty: the root
  std::int64_t submodules = 0;   // levels of submodules that are checked out
  std::int64_t clone_depth = 1;  // 0: the whole history
  std::string package{};         // what it built at first; it builds nothing else. Empty: nothing yet
  std::string head{};            // commits: the last one that a build was ordered for
  bool tags_seen = false;        // tags: a look knew all that there were; later ones are new
  std::string problem{};         // of the last look at the repository; empty: none
  std::optional<Time> looked_at{};
  std::chrono::milliseconds look_pause{};  // how much later than the others it is looked at
  Time created_at{};
};

/// One commit to build, or built.
struct Build {
  std::int64_t id = 0;
  std::int64_t builder = 0;
  std::int64_t job = 0;
  std::string ref;     // "HEAD", "refs/heads/main", "refs/tags/v1"; empty: the commit was asked for
  std::string commit;  // 40 or 64 hex digits
  /// What the row says; while it is waiting or running, the job knows better.
  enum class State : std::uint8_t { waiting, succeeded, failed } state = State::waiting;
  std::string package, version;
  std::vector<std::string> files;
  std::int64_t transaction = 0;  // the last of its files; 0: none
  std::string error;
  Time created_at{};
  std::optional<Time> finished_at;
};
std::string_view name_of(Build::State state) noexcept;
std::optional<Build::State> parse_build_state(std::string_view text) noexcept;

/// Errc::invalid_argument with what to write instead. Credentials in a URL are refused: they would be seen in
/// the list of processes.
Result<Transport> check_url(std::string_view url);
/// A branch or a tag, as git takes it (git-check-ref-format), and nothing that reads as an option.
Result<> check_ref(std::string_view ref);
/// 7 to 64 hex digits.
Result<> check_commit(std::string_view commit);
/// A path inside of the tree: relative, without "..".
Result<> check_sub_dir(std::string_view sub_dir);
/// All of a builder; the name as model::check_name.
Result<Transport> check(const Builder& builder);

/// A ref as people write it: without refs/heads/ or refs/tags/.
std::string short_ref(std::string_view ref);

/// The last part of the sub-directory or of the URL, without ".git"; may be no name.
std::string default_name(std::string_view url, std::string_view sub_dir);

}  // namespace granary::build
