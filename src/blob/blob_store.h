#pragma once
/// Content-addressed bytes. The only component that knows where bytes live (paths: blob/layout.h).
/// Every implementation passes blob/testing/blob_store_suite.h; the in-memory twin is blob/memory_store.h.

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <variant>

#include "base/bytes.h"
#include "base/clock.h"
#include "base/context.h"
#include "base/file.h"
#include "base/growing_file.h"

namespace granary::blob {

struct BlobInfo {
  Digest digest;
  std::uint64_t size = 0;
  Time stored_at{};
};

/// Nothing is visible until commit(); destruction without it leaves nothing behind (what a killed process
/// leaves, the store removes by itself later). One thread.
class Writer {
 public:
  virtual ~Writer() = default;
  virtual Result<> write(ByteSpan data) = 0;
  /// Durable and visible when it returns success. Errc::corrupt when the bytes hash to another digest than
  /// `expected`. Content that exists already is success, stored once, and counts as stored now (for the
  /// collector's grace period).
  virtual Result<BlobInfo> commit(std::optional<Digest> expected) = 0;
};

/// What the HTTP engine can send: a file that is whole, or one that is still being fetched from a remote
/// store.
using Servable = std::variant<std::shared_ptr<const OpenFile>, std::shared_ptr<GrowingFile>>;

/// A URL with which anybody may GET one blob from the store itself, ranges too, but not HEAD: a secret, for a
/// while.
struct DirectUrl {
  std::string url;
  std::chrono::seconds valid{};  // from now
};

/// What the store shall say of a blob that it gives directly.
struct Presentation {
  std::string filename, content_type;
};

/// Safe for concurrent use. Failures: not_found, unavailable (store down, disk full: retry later), corrupt.
class BlobStore {
 public:
  virtual ~BlobStore() = default;

  virtual Result<std::optional<BlobInfo>> find(const Context&, const Digest&) = 0;
  /// For reading inside the server: verify, extraction.
  virtual Result<std::unique_ptr<ByteReader>> open(const Context&, const Digest&) = 0;
  /// For sending to clients. `size` is what the catalog knows.
  virtual Result<Servable> serve(const Context&, const Digest&, std::uint64_t size) = 0;
  /// Absent where clients cannot be sent to the store: a folder, or bytes that are encrypted on this side.
  /// Does not look whether the blob is there.
  virtual Result<std::optional<DirectUrl>> presign(const Context&, const Digest&, const Presentation&) = 0;
  virtual Result<std::unique_ptr<Writer>> create(const Context&) = 0;

  /// For the collector only. Removing what is absent succeeds.
  virtual Result<> remove(const Context&, const Digest&) = 0;
  virtual Result<> for_each(const Context&, const std::function<Result<>(const BlobInfo&)>& each) = 0;
  /// For the collector: removes what killed processes left unfinished more than a day ago.
  virtual Result<> remove_leftovers(const Context&) = 0;
  /// Writes, reads back and removes a small object: for check-config and readiness.
  virtual Result<> probe(const Context&) = 0;
};

}  // namespace granary::blob
