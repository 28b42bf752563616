#include "build/work_folder.h"

#include <stdlib.h>
#include <sys/stat.h>

#include <array>
#include <cerrno>
#include <filesystem>

#include "base/file.h"
#include "base/text.h"

namespace granary::build {
namespace {

namespace fs = std::filesystem;

constexpr std::uint64_t kMostFiles = 1'000'000;
constexpr std::string_view kPrefix = "build-";

/// Also what somebody took the rights from.
void remove_tree(const fs::path& path) {
  std::error_code ignored;
  if (fs::is_directory(fs::symlink_status(path, ignored))) {
    fs::permissions(path, fs::perms::owner_all, fs::perm_options::add, ignored);
    for (fs::directory_iterator each(path, ignored), end; !ignored && each != end; each.increment(ignored)) {
      if (fs::is_directory(each->symlink_status(ignored))) remove_tree(each->path());
    }
  }
  fs::remove_all(path, ignored);
}

}  // namespace

Result<std::unique_ptr<WorkFolder>> WorkFolder::make(const std::string& parent) {
  std::error_code error;
  fs::create_directories(parent, error);
  if (error) return fail(Errc::unavailable, "cannot make the folder " + parent + ": " + error.message());
  fs::permissions(parent, fs::perms::owner_all, error);
  std::string path = parent + "/" + std::string(kPrefix) + "XXXXXX";
  if (::mkdtemp(path.data()) == nullptr) return system_error(errno, "make a folder in " + parent);
  std::unique_ptr<WorkFolder> made(new WorkFolder(path));
  for (const auto& folder : {made->tree(), made->out(), made->home(), made->temporary(), made->secrets()}) {
    if (::mkdir(folder.c_str(), 0700) != 0) return system_error(errno, "make the folder " + folder);
  }
  return made;
}

WorkFolder::~WorkFolder() { remove_tree(path_); }

void WorkFolder::forget_secrets() {
  remove_tree(secrets());
  ::mkdir(secrets().c_str(), 0700);
}

Result<> WorkFolder::check_size(std::uint64_t bytes) const {
  std::uint64_t size = 0, files = 0;
  std::error_code ignored;
  const auto options = fs::directory_options::skip_permission_denied;
  for (fs::recursive_directory_iterator each(path_, options, ignored), end; !ignored && each != end;
       each.increment(ignored)) {
    struct stat facts{};
    if (::lstat(each->path().c_str(), &facts) != 0) continue;
    size += static_cast<std::uint64_t>(facts.st_blocks) * 512;
    if (size > bytes)
      return fail(Errc::too_large, "the build takes more than " + human_size(bytes) + " of disk",
                  "a builder with --sub-dir and --clone-depth 1 takes less");
    if (++files > kMostFiles)
      return fail(Errc::too_large, "the build makes more than a million files", "build from a smaller one");
  }
  return {};
}

void remove_leftovers(const std::string& parent) {
  std::error_code ignored;
  for (fs::directory_iterator each(parent, ignored), end; !ignored && each != end; each.increment(ignored)) {
    if (each->path().filename().string().starts_with(kPrefix)) remove_tree(each->path());
  }
}

}  // namespace granary::build
