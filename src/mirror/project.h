#pragma once
/// Projects of indexes, fetched when they are asked for. See catalog::OnDemand::want_project.

#include <condition_variable>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <stop_token>
#include <string>
#include <utility>

#include "mirror/parts.h"

namespace granary::mirror {

/// The project is gone from upstream since `gone`; what is known of its past stays.
Result<> end_project(catalog::WriteView&, model::SourceId, std::string_view project, model::TxNo in,
                     Time gone);

/// Safe for concurrent use. What was asked of upstream lately is remembered, of at most some 100,000
/// projects.
class Projects {
 public:
  explicit Projects(const Parts& parts) : parts_(&parts) {}
  /// Ends what goes on in the background.
  ~Projects();
  Projects(const Projects&) = delete;
  Projects& operator=(const Projects&) = delete;

  /// Younger than half of Parts::staleness: from memory. Younger than that: from memory, and upstream is
  /// asked in the background. Older: upstream is asked first, but not for long where something is known.
  Result<> want(const Context&, model::SourceId, std::string_view project);
  /// Asks upstream now, at its pace, and keeps what it says. Errors: not_found when there is no such project
  /// (any more), those of upstream::fetch_project.
  Result<> refresh(const Context&, model::SourceId, std::string_view project);
  /// What is remembered of the source, or of all.
  void forget(std::optional<model::SourceId>);

 private:
  using Key = std::pair<std::int64_t, std::string>;  // source, project
  struct Checked {
    std::optional<Time> at{};       // when upstream was asked with success
    std::optional<Error> absent{};  // what to say when there is nothing to show
    int failures = 0;               // in a row
    Time again{};                   // not before, after a failure
    bool asking = false;
  };
  struct Known {
    bool record = false;
    bool listed = false;  // in the list of all names
    std::string etag;
  };

  Result<> answer(const Checked&) const;
  Result<> ask_and_note(const Context&, const Key&, bool background);
  /// False: in vain, but something older is known, which is an error where it is `to_be_new`.
  Result<bool> ask(const Context&, const Key&, bool background, bool to_be_new = false);
  Result<std::optional<Known>> known(const Context&, const Key&) const;
  void ask_in_background(const Key&);
  void make_room();

  const Parts* parts_;
  std::stop_source stop_;
  std::mutex mutex_;
  std::condition_variable_any changed_;
  std::map<Key, Checked> checked_;
  std::uint64_t forgotten_ = 0;  // how often
  int threads_ = 0;
};

}  // namespace granary::mirror
