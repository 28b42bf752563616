#pragma once
/// What was made from the database and is kept beside the blobs, so that it need not be made again: each
/// under a name that says what it was made of. It may go at any time, and come back damaged: whoever reads it
/// checks. Every implementation passes blob/testing/derived_suite.h; the in-memory twin is
/// blob/memory_derived.h.

#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>

#include "base/bytes.h"
#include "base/clock.h"
#include "base/context.h"

namespace granary::blob {

struct DerivedInfo {
  Digest name;
  std::uint64_t size = 0;
  Time stored_at{};
};

/// Safe for concurrent use. Failures: not_found, too_large, unavailable, corrupt.
class Derived {
 public:
  virtual ~Derived() = default;

  virtual Result<bool> has(const Context&, const Digest& name) = 0;
  /// Errc::too_large when there are more than `limit` bytes.
  virtual Result<std::string> get(const Context&, const Digest& name, std::uint64_t limit) = 0;
  /// Replaces what has the name.
  virtual Result<> put(const Context&, const Digest& name, const std::string& bytes) = 0;
  /// Removing what is absent succeeds.
  virtual Result<> remove(const Context&, const Digest& name) = 0;
  virtual Result<> for_each(const Context&, const std::function<Result<>(const DerivedInfo&)>& each) = 0;
};

/// Errc::too_large.
tl::unexpected<Error> too_much(const Digest& name);

struct Trimmed {
  std::size_t removed = 0, kept = 0;
  std::uint64_t kept_bytes = 0;
};

/// Removes what was stored before `before`, then the oldest, until no more than `most` bytes are left.
Result<Trimmed> remove_oldest(const Context&, Derived&, Time before, std::uint64_t most);

}  // namespace granary::blob
