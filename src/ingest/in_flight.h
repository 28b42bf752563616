#pragma once
/// Which contents are being uploaded now, so that the collector does not remove bytes between the moment they
/// are stored and the moment a row names them.

#include <condition_variable>
#include <mutex>
#include <set>
#include <unordered_map>

#include "base/bytes.h"
#include "base/context.h"

namespace granary::ingest {

/// Safe for concurrent use. Of one process: between nodes the collector's grace period does the same.
class InFlight {
 public:
  /// Holds a content until destroyed. Must not outlive the InFlight.
  class Hold {
   public:
    Hold(InFlight& of, const Digest& digest) : of_(&of), digest_(digest) {}
    Hold(Hold&& other) noexcept : of_(other.of_), digest_(other.digest_) { other.of_ = nullptr; }
    Hold& operator=(Hold&&) = delete;
    ~Hold() {
      if (of_ != nullptr) of_->release(digest_);
    }

   private:
    InFlight* of_;
    Digest digest_;
  };

  /// For an upload. Waits while the collector removes this content.
  Result<Hold> hold(const Context&, const Digest&);
  /// For the collector: false when the content is being uploaded. True must be followed by end_removal().
  bool begin_removal(const Digest&);
  void end_removal(const Digest&);

 private:
  void release(const Digest&);

  std::mutex mutex_;
  std::condition_variable_any ended_;
  std::unordered_map<Digest, int> held_;
  std::set<Digest> removing_;
};

}  // namespace granary::ingest
