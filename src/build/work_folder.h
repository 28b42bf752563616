#pragma once
/// Where one repository is checked out and built: folders that are gone afterwards, whatever was done to
/// them.

#include <cstdint>
#include <memory>
#include <string>

#include "base/file.h"
#include "base/result.h"

namespace granary::build {

/// The server's own writes need room.
inline constexpr std::uint64_t kLeastFree = std::uint64_t{256} << 20;

/// Errc::unavailable when less than `least_free` bytes are left on the disk of `folder`, whoever took them.
Result<> check_room(const std::string& folder, std::uint64_t least_free = kLeastFree);

/// One thread.
class WorkFolder {
 public:
  /// A new one below `parent`, which is made if need be; only this user may enter.
  static Result<std::unique_ptr<WorkFolder>> make(const std::string& parent);
  ~WorkFolder();
  WorkFolder(const WorkFolder&) = delete;
  WorkFolder& operator=(const WorkFolder&) = delete;

  std::string tree() const { return path_ + "/tree"; }        // the checked out repository
  std::string out() const { return path_ + "/out"; }          // what the build makes
  std::string home() const { return path_ + "/home"; }        // HOME of git and of the build
  std::string temporary() const { return path_ + "/tmp"; }    // TMPDIR, and /tmp in the sandbox
  std::string secrets() const { return path_ + "/secrets"; }  // git's, not the build's
  /// Removes secrets and puts an empty folder there.
  void forget_secrets();

  /// Errc::too_large when all of it takes more than `bytes`, or than a million files, is deeper than 200
  /// folders, or cannot be counted. Links are not followed. And as check_room() says.
  Result<> check_size(std::uint64_t bytes, std::uint64_t least_free = kLeastFree) const;

 private:
  WorkFolder(std::string path, UniqueFd lock) : path_(std::move(path)), lock_(std::move(lock)) {}
  std::string path_;
  UniqueFd lock_;  // of the folder itself: it is in use
};

/// What killed processes left below `parent`. Work folders in use stay, also those of another server.
void remove_leftovers(const std::string& parent);

}  // namespace granary::build
