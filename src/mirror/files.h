#pragma once
/// The files of mirrors: what is held, else fetched through. See Mirrors::open_file.

#include <condition_variable>
#include <map>
#include <memory>
#include <mutex>
#include <stop_token>
#include <string>
#include <utility>

#include "mirror/download.h"
#include "mirror/held.h"
#include "mirror/held_memory.h"
#include "mirror/mirrors.h"
#include "mirror/parts.h"

namespace granary::mirror {

/// Safe for concurrent use.
class Files {
 public:
  explicit Files(const Parts& parts) : parts_(&parts) {}
  /// Ends the downloads in progress.
  ~Files();
  Files(const Files&) = delete;
  Files& operator=(const Files&) = delete;

  Result<Opened> open(const Context&, const model::FileRecord&);
  Result<std::optional<HeldBytes>> find(const Context&, const model::FileRecord&);
  /// Returns when the bytes are durable and held: how many came; absent when they were there. At the pace of
  /// background work, and no use of the file.
  Result<std::optional<std::uint64_t>> keep(const Context&, const model::FileRecord&);
  /// Downloads in progress, until their files are stored.
  int on_the_way();

 private:
  struct OnTheWay;
  using Key = std::pair<std::int64_t, std::string>;  // source, Origin::key

  void note_use(const Context&, const model::FileRecord&, const Held&);
  Result<Held> look_up(const Context&, const model::FileRecord&);
  Result<std::optional<Opened>> held(const Context&, const model::FileRecord&, std::optional<Digest>& before);
  /// Null when the file came meanwhile.
  Result<std::shared_ptr<OnTheWay>> join(const Context&, const model::FileRecord&,
                                         std::optional<Digest> before, bool background);
  void run(const std::shared_ptr<OnTheWay>&);
  Result<> fetch(OnTheWay&, const Context&);
  Result<> store(const Download&, const model::FileRecord&, const Context&);
  Result<std::optional<Opened>> wait(const Context&, const std::shared_ptr<OnTheWay>&);

  const Parts* parts_;
  HeldMemory memory_;
  std::stop_source stop_;
  std::mutex mutex_;
  std::condition_variable_any changed_;  // a download has begun, or ended
  std::map<Key, std::shared_ptr<OnTheWay>> downloads_;
  int threads_ = 0;
};

}  // namespace granary::mirror
