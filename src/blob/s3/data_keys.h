#pragma once
/// The data keys that were used last, so that KMS is asked neither for each object nor for each piece of one.

#include <chrono>
#include <list>
#include <map>
#include <memory>
#include <mutex>
#include <optional>

#include "blob/s3/kms.h"

namespace granary::blob::s3 {

/// New objects share a data key for some minutes. Of those for reading a bounded number is at hand: what was
/// not used for the longest time is forgotten, and wiped. Safe for concurrent use.
class DataKeys {
 public:
  static constexpr int kObjectsPerKey = 4'096;
  static constexpr std::chrono::minutes kKeyLife{5};

  /// `life`: so long after its change at most a new master key is used. `limit`: of keys at hand.
  explicit DataKeys(Kms::Settings settings, std::size_t limit = 1024,
                    std::chrono::milliseconds life = kKeyLife)
      : kms_(std::move(settings)), limit_(limit), life_(life) {}

  /// For one new object; it is at hand for reading too.
  Result<DataKey> next(const Context& ctx);
  /// For that object alone, of version 1.
  Result<DataKey> of_its_own(const Context& ctx, const Digest& digest);
  Result<std::shared_ptr<const KeyMaterial>> find(const Context& ctx, const Digest& digest,
                                                  const Envelope& envelope);

 private:
  using Key = std::shared_ptr<const KeyMaterial>;
  /// The digest is part of the name of one of version 1: it must not be had for another object, as KMS has
  /// it too.
  using Name = std::pair<Digest, std::string>;
  Key hit(const Name& name);
  void keep(Name name, Key key);
  Result<std::unique_lock<std::timed_mutex>> one_at_a_time(const Context& ctx);

  Kms kms_;
  const std::size_t limit_;
  const std::chrono::milliseconds life_;
  std::timed_mutex asking_;  // KMS, for a shared key: many want the same
  // Guarded by asking_.
  std::optional<DataKey> current_;
  int objects_left_ = 0;
  Context::Clock::time_point current_until_{};

  std::mutex mutex_;
  std::list<std::pair<Name, Key>> recent_;  // the last used first
  std::map<Name, std::list<std::pair<Name, Key>>::iterator> keys_;
};

}  // namespace granary::blob::s3
