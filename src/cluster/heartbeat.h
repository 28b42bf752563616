#pragma once
/// Tells the database that this node lives, and this node what is wanted of it.

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <span>
#include <string>
#include <thread>

#include "base/log.h"
#include "cluster/nodes.h"

namespace granary::cluster {

struct HeartbeatParts {
  std::shared_ptr<Nodes> nodes;
  Node self;
  Logger log;
  /// Called from the heart's thread, and from start(), whenever the wanted state changes. Must not block.
  std::function<void(bool online)> obey;
  std::function<void(std::int64_t)> agree = [](std::int64_t) {};          // told Heard::format at each beat
  std::function<std::int64_t()> running;                                  // jobs that run here
  std::function<void(const Context&)> keep_time = [](const Context&) {};  // called before each beat
  std::chrono::milliseconds every{std::chrono::seconds(10)};
};

/// While the database is away the last state that was heard holds. One thread; all methods are safe for
/// concurrent use.
class Heartbeat {
 public:
  explicit Heartbeat(HeartbeatParts parts);
  /// Says that the node stopped, if it ever started; waits for the database a moment only.
  ~Heartbeat();

  /// The first beat, so that a node that is to be offline never looks online. A database that takes no writes
  /// is asked only.
  void start(const Context&);
  /// For db::Database::on_change; may be called when the heartbeat is gone.
  std::function<void(std::span<const std::int64_t> topics)> listener() const;
  /// One turn, as the thread takes it.
  void beat(const Context&);

  const std::string& name() const noexcept { return parts_.self.name; }
  bool online() const noexcept { return online_.load(std::memory_order_relaxed); }

 private:
  void run(const std::stop_token& stop);
  bool may_begin(const Context& ctx, std::int64_t running);
  /// A node that is emptying tells more often, for whoever waits for it.
  std::chrono::milliseconds pause() const;

  struct Bell {
    std::mutex mutex;
    std::condition_variable_any changed;
    bool rung = false;
  };

  HeartbeatParts parts_;
  std::atomic<bool> online_ = true, heard_ = false;
  std::atomic<std::int64_t> last_running_ = 0;
  bool complained_ = false;  // of whoever beats: start(), then the thread
  const std::shared_ptr<Bell> bell_ = std::make_shared<Bell>();
  std::jthread thread_;
};

}  // namespace granary::cluster
