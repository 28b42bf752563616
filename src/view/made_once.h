#pragma once
/// A bounded cache in which a missing value is made by one caller, while the others who want it wait for him.

#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <unordered_map>

#include "base/context.h"
#include "base/result.h"
#include "view/lru.h"

namespace granary::view {

/// Safe for concurrent use.
template <class Value>
class MadeOnce {
 public:
  using Made = std::shared_ptr<const Value>;

  explicit MadeOnce(std::size_t capacity) : kept_(capacity) {}

  /// Null when it is not there now.
  Made peek(const std::string& key) {
    const std::scoped_lock lock(mutex_);
    const auto* known = kept_.find(key);
    return known == nullptr ? nullptr : *known;
  }

  /// A value that came along with something else.
  void put(const std::string& key, Value value, std::size_t weight) {
    auto made = std::make_shared<const Value>(std::move(value));
    const std::scoped_lock lock(mutex_);
    if (kept_.find(key) == nullptr) kept_.put(key, std::move(made), weight + key.size() + kOverhead);
  }

  /// `make` runs on the thread of the first caller. Those who waited share its error too, unless the first
  /// caller was only out of time: then one of them tries again. `weigh` is asked for what a value takes in
  /// memory.
  Result<Made> get(const Context& ctx, const std::string& key, const std::function<Result<Value>()>& make,
                   const std::function<std::size_t(const Value&)>& weigh) {
    std::unique_lock lock(mutex_);
    for (;;) {
      if (const auto* known = kept_.find(key)) return *known;
      const auto at = flights_.find(key);
      if (at == flights_.end()) break;
      const auto flight = at->second;
      if (!flight->landed.wait_until(lock, ctx.deadline(), [&] { return flight->outcome.has_value(); }))
        return fail(Errc::deadline_exceeded, "took longer than its deadline", "try again");
      const auto& outcome = *flight->outcome;
      if (outcome) return outcome;
      const auto code = outcome.error().code();
      if (code != Errc::cancelled && code != Errc::deadline_exceeded) return outcome;
      TRY(ctx.check());
    }
    const auto flight = std::make_shared<Flight>();
    flights_.emplace(key, flight);
    lock.unlock();

    Landing landing{*this, key, flight};
    auto made = make();
    if (made) {
      auto value = std::make_shared<const Value>(std::move(*made));
      const std::size_t weight = weigh(*value) + key.size() + kOverhead;
      landing.outcome = Result<Made>(value);
      landing.weight = weight;
      return Result<Made>(std::move(value));
    }
    landing.outcome = Result<Made>(tl::unexpected(made.error()));
    return tl::unexpected(std::move(made).error());
  }

 private:
  static constexpr std::size_t kOverhead = 256;

  struct Flight {
    std::condition_variable landed;
    std::optional<Result<Made>> outcome;
  };

  /// Ends a flight whatever happens, an exception of `make` too.
  struct Landing {
    MadeOnce& cache;
    const std::string& key;
    std::shared_ptr<Flight> flight;
    Result<Made> outcome = Result<Made>(fail(Errc::cancelled, "gave up"));
    std::size_t weight = 0;
    ~Landing() {
      const std::scoped_lock lock(cache.mutex_);
      if (outcome) cache.kept_.put(key, *outcome, weight);
      flight->outcome = std::move(outcome);
      cache.flights_.erase(key);
      flight->landed.notify_all();
    }
  };

  std::mutex mutex_;
  Lru<Made> kept_;
  std::unordered_map<std::string, std::shared_ptr<Flight>> flights_;
};

}  // namespace granary::view
