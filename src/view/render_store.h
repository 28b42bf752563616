#pragma once
/// Rendered bodies that took long to make, in the object store: a node that has just started has them at
/// once.

#include <chrono>
#include <condition_variable>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <thread>
#include <unordered_set>

#include "base/clock.h"
#include "base/context.h"
#include "base/log.h"
#include "blob/derived.h"
#include "view/render.h"

namespace granary::view {

/// The bytes of a body as they are kept under `name`.
std::string pack(const Rendered& rendered, const Digest& name);
/// Errc::corrupt for anything but what pack() made for that name.
Result<Rendered> unpack(std::string_view bytes, const Digest& name);

struct RenderStoreOptions {
  std::string renderer;                      // of the program: another one renders otherwise
  std::chrono::milliseconds worth{10};       // of a processor: what took less to render is not kept,
  std::size_t large = 1 << 20;               // unless it has as many bytes: it is yet to be encoded
  std::uint64_t most_bytes = 1ULL << 30;     // of all that is kept, by all nodes
  std::chrono::milliseconds patience{1000};  // a request waits no longer for the store
  std::chrono::seconds pause{30};            // not asked again for so long after it did not answer
  std::chrono::milliseconds delay{5000};     // before writing: what follows in that time takes its place
  std::chrono::hours keep{24 * 30};
};

/// Never fails: what the store does not give is rendered. Writes on a thread of its own. Safe for concurrent
/// use.
class RenderStore {
 public:
  RenderStore(std::shared_ptr<blob::Derived> derived, std::shared_ptr<const Clock> clock, Logger log,
              RenderStoreOptions options = {});

  /// From the store, else rendered: then `worth_keeping` is its name, for keep(), when it lasts (as `render`
  /// says) and took long. `made_of` says all that the body depends on. `slot`: which index of which
  /// repository; one that was rendered quickly is not looked for again. Fails as `render` does.
  Result<Rendered> rendered(const Context& ctx, const std::string& slot,
                            const std::function<Result<std::string>()>& made_of,
                            const std::function<Result<Rendered>(bool& lasting)>& render,
                            std::optional<Digest>& worth_keeping);
  /// Writes it soon. Of a slot that changes often only the newest is written; what waits is bounded.
  void keep(const std::string& slot, const Digest& name, std::shared_ptr<const Rendered> rendered);

 private:
  /// Absent: not there, damaged, or the store is away.
  std::optional<Rendered> find(const Context& ctx, const Digest& name);
  struct Waiting {
    Digest name;
    std::shared_ptr<const Rendered> rendered;
    Context::Clock::time_point due;
  };
  void run(const std::stop_token& stop);
  Result<> write(const Context& ctx, const Waiting& one);
  bool may_ask();

  const std::shared_ptr<blob::Derived> derived_;
  const std::shared_ptr<const Clock> clock_;
  const Logger log_;
  const RenderStoreOptions options_;
  std::mutex mutex_;
  std::condition_variable_any changed_;
  Context::Clock::time_point ask_again_{};
  std::unordered_set<std::string> quick_;  // slots
  std::map<std::string, Waiting> waiting_;
  std::uint64_t written_ = 0;  // since the last trim; the writer's own
  std::jthread thread_;        // last: it ends before the rest does
};

}  // namespace granary::view
