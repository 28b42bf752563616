#pragma once
/// Hears what other nodes commit.

#include <atomic>
#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <thread>

#include "base/file.h"
#include "base/log.h"
#include "db/changes.h"
#include "db/postgres/servers.h"

namespace granary::db {

/// A thread with a connection that listens. While it is away messages are lost, so that its return is told as
/// an empty list; a server that answers no more is noticed by a cheap question each second in which nothing
/// was heard. The same question asks for the count of commits that were announced (the sequence
/// granary_changes): one that was not heard, because something between here and the server keeps messages
/// back, is told as an empty list too, within three seconds.
class PostgresListener {
 public:
  struct Setup {
    const PostgresServers* servers = nullptr;  // outlives it
    std::chrono::milliseconds connection_timeout;
    std::string node;            // whose messages are not told: its writer does
    const Changes* changes;      // outlives it
    std::atomic<int>* open;      // counts connections; outlives it
    std::function<void()> tick;  // about once a second
    /// The server is gone, or silent (it lets one wait): other connections are likely to be so too. Again
    /// after each attempt to reach it that failed.
    std::function<void(bool silent)> lost;
    std::function<void()> found;  // and is there again
    std::function<void()> full;   // it has no connection left for the listener
    Logger log;
  };
  static Result<std::unique_ptr<PostgresListener>> start(Setup setup);
  ~PostgresListener();

 private:
  PostgresListener(Setup setup, UniqueFd wake) : setup_(std::move(setup)), wake_(std::move(wake)) {}
  void loop(const std::stop_token& stop);
  Result<> listen(const std::stop_token& stop, std::chrono::milliseconds patience);
  void complain(const Error& why);
  bool hear(const std::string& payload, const std::string& schema) const;
  Result<> ask_for_unheard(PostgresConnection&);

  Setup setup_;
  UniqueFd wake_;
  // Of the thread, in this turn:
  bool connected_ = false;
  std::optional<std::int64_t> count_;  // of commits that were heard; absent: to be asked for
  bool missing_ = false;               // there was one more, which may still be on its way
  bool complained_ = false;
  // Of the thread, while the server is away:
  std::string said_;  // why, in the log; empty: it is there
  std::chrono::steady_clock::time_point say_again_;
  std::jthread thread_;
};

}  // namespace granary::db
