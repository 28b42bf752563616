#pragma once
/// What an index of R packages shows without its dependencies, because upstream was not asked for them yet.

#include <cstddef>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "mirror/mirrors.h"
#include "view/views.h"

namespace granary::api {

/// Rows of PACKAGES that have a name and a version and nothing more.
struct Undescribed {
  /// So many are fetched while the client waits; of more, the background job does it.
  static constexpr std::size_t kFew = 50;

  struct OfSource {
    model::Pin pin;
    std::size_t count = 0;
    std::vector<catalog::OnDemand::Version> first;  // kFew at most
  };
  std::vector<OfSource> sources;

  void add(const model::Pin& pin, std::string_view package, std::string_view version);
  std::size_t count() const noexcept;
};

/// Remembers it of rendered indexes, by their fingerprint. Safe for concurrent use.
class UndescribedIndexes {
 public:
  void put(const std::string& fingerprint, Undescribed what);
  /// Empty: all of it is described.
  Undescribed of(const std::string& fingerprint) const;

 private:
  mutable std::mutex mutex_;
  std::map<std::string, Undescribed> lacking_;
};

/// Has what is missing fetched, or ordered. True when more is known than before, so that the snapshot must be
/// resolved anew. Numbers and locked URLs stay as they are. A failure is not the client's: it is logged.
bool want_described(const Context&, mirror::Mirrors&, const Undescribed&);

}  // namespace granary::api
