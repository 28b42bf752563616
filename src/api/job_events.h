#pragma once
/// Live progress of jobs as server-sent events (HTML, "Server-sent events"): one thread looks at the watched
/// jobs once a second, whoever runs them, and the event loops send what it appends.

#include <condition_variable>
#include <cstdint>
#include <list>
#include <memory>
#include <mutex>
#include <string>
#include <thread>

#include "base/growing_file.h"
#include "base/log.h"
#include "jobs/queue.h"

namespace granary::api {

/// Safe for concurrent use. At most kWatchers streams, of at most kLongestStream bytes each: a client of a
/// longer one connects again with Last-Event-ID, as EventSource does by itself.
class JobEvents {
 public:
  static constexpr std::size_t kWatchers = 64;
  static constexpr std::uint64_t kLongestStream = 1 << 20;

  JobEvents(std::shared_ptr<jobs::Queue> queue, Logger log,
            std::chrono::milliseconds every = std::chrono::seconds(1));
  ~JobEvents();

  /// Events "job" (its JSON, when it changed), "log" (a line; its id is the number) and at last "end". The
  /// stream ends with the job, or when the last reader has gone. `after`: the last line that the client has.
  Result<std::shared_ptr<GrowingFile>> watch(const Context&, std::int64_t id, std::int64_t after);
  /// Ends every stream: the server drains.
  void close();

 private:
  struct Watch {
    std::int64_t id = 0, after = 0;
    std::weak_ptr<GrowingFile> file;  // the readers own it
    std::string last;                 // what was told of the job
    int silent = 0;                   // turns without an event
  };
  void loop(const std::stop_token& stop);
  bool advance(Watch& watch);  // false: it is over

  std::shared_ptr<jobs::Queue> queue_;
  Logger log_;
  std::chrono::milliseconds every_;
  std::mutex mutex_;
  std::condition_variable_any changed_;
  std::list<Watch> watches_;
  std::size_t looked_at_ = 0;  // by the thread, and not in the list meanwhile
  bool closed_ = false;
  std::jthread thread_;  // last: joined before the rest goes
};

}  // namespace granary::api
