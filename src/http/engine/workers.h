#pragma once
/// A bounded pool of threads for handlers, which may block.

#include <condition_variable>
#include <cstddef>
#include <deque>
#include <functional>
#include <mutex>
#include <thread>
#include <vector>

namespace granary::http {

/// submit() from any thread. A job never throws.
class Workers {
 public:
  Workers(unsigned threads, std::size_t queue);
  ~Workers();
  Workers(const Workers&) = delete;
  Workers& operator=(const Workers&) = delete;

  /// False when all threads are busy and the queue is full, or after stop(): the job was not taken.
  bool submit(std::function<void()> job);
  /// Runs what was taken, then ends the threads.
  void stop();

 private:
  void run();

  std::size_t limit_;
  std::mutex mutex_;
  std::condition_variable wake_;
  std::deque<std::function<void()>> jobs_;
  std::size_t idle_ = 0;
  bool stopping_ = false;
  std::vector<std::thread> threads_;
};

}  // namespace granary::http
