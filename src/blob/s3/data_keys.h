#pragma once
/// The data keys of the objects that were used last, so that KMS is not asked for each piece of an object.

#include <list>
#include <map>
#include <memory>
#include <mutex>

#include "blob/s3/kms.h"

namespace granary::blob::s3 {

/// Bounded: what was not used for the longest time is forgotten, and wiped. Safe for concurrent use.
class DataKeys {
 public:
  explicit DataKeys(Kms::Settings settings, std::size_t limit = 1024)
      : kms_(std::move(settings)), limit_(limit) {}

  /// A new one; it is at hand for reading too.
  Result<DataKey> generate(const Context& ctx, const Digest& digest);
  Result<std::shared_ptr<const AeadKey>> find(const Context& ctx, const Digest& digest,
                                              const Envelope& envelope);

 private:
  using Key = std::shared_ptr<const AeadKey>;
  /// The digest is part of the name: a key must not be had for another object, as KMS has it too.
  using Name = std::pair<Digest, std::string>;
  Key hit(const Name& name);
  void keep(Name name, Key key);

  Kms kms_;
  const std::size_t limit_;
  std::mutex mutex_;
  std::list<std::pair<Name, Key>> recent_;  // the last used first
  std::map<Name, std::list<std::pair<Name, Key>>::iterator> keys_;
};

}  // namespace granary::blob::s3
