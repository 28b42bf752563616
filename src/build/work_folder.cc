#include "build/work_folder.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <vector>

#include "base/text.h"

namespace granary::build {
namespace {

namespace fs = std::filesystem;

constexpr std::uint64_t kMostFiles = 1'000'000;
constexpr int kMostLevels = 200, kAttempts = 10;
constexpr std::string_view kPrefix = "build-";

/// The open folder with its names, read one by one.
class Listing {
 public:
  /// False, with errno, when it cannot be opened.
  Listing(int parent, const char* name) {
    UniqueFd fd(::openat(parent, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
    if (!fd) return;
    folder_ = ::fdopendir(fd.get());
    if (folder_ != nullptr) fd.release();
  }
  ~Listing() {
    if (folder_ != nullptr) ::closedir(folder_);
  }
  Listing(const Listing&) = delete;
  Listing& operator=(const Listing&) = delete;

  explicit operator bool() const noexcept { return folder_ != nullptr; }
  int fd() const noexcept { return ::dirfd(folder_); }
  void rewind() noexcept { ::rewinddir(folder_); }
  /// Null at the end, with errno 0, or when it cannot be read.
  const char* next() noexcept {
    for (;;) {
      errno = 0;
      const dirent* one = ::readdir(folder_);
      if (one == nullptr) return nullptr;
      const std::string_view name(one->d_name);
      if (name != "." && name != "..") return one->d_name;
    }
  }

 private:
  DIR* folder_ = nullptr;
};

bool is_folder(int parent, const char* name) {
  struct stat facts{};
  return ::fstatat(parent, name, &facts, AT_SYMLINK_NOFOLLOW) == 0 && S_ISDIR(facts.st_mode);
}

/// Also what somebody took the rights from. However deep it is, two folders are open: what is below another
/// is moved up to the root before that goes.
void remove_tree(const std::string& path) {
  ::chmod(path.c_str(), 0700);
  {
    Listing root(AT_FDCWD, path.c_str());
    std::uint64_t moved = 0;
    const auto move_up = [&](int folder, const char* name) {
      for (int i = 0; i < 1000; ++i) {
        const auto to = "moved-" + std::to_string(++moved);
        if (::renameat(folder, name, root.fd(), to.c_str()) == 0) return true;
      }
      return false;
    };
    for (bool any = static_cast<bool>(root); any;) {
      any = false;
      root.rewind();
      while (const char* name = root.next()) {
        if (!is_folder(root.fd(), name)) {
          any |= ::unlinkat(root.fd(), name, 0) == 0;
          continue;
        }
        ::fchmodat(root.fd(), name, 0700, 0);
        if (Listing folder(root.fd(), name); folder) {
          while (const char* inner = folder.next()) {
            if (!is_folder(folder.fd(), inner)) {
              any |= ::unlinkat(folder.fd(), inner, 0) == 0;
            } else {
              ::fchmodat(folder.fd(), inner, 0700, 0);  // who moves a folder writes into it
              any |= move_up(folder.fd(), inner);
            }
          }
        }
        any |= ::unlinkat(root.fd(), name, AT_REMOVEDIR) == 0;
      }
    }
  }
  if (::rmdir(path.c_str()) != 0) ::unlink(path.c_str());
}

UniqueFd open_folder(const std::string& path) {
  return UniqueFd(::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
}

/// What there is of a work folder, counted while a build changes it.
class Count {
 public:
  explicit Count(std::uint64_t most) : most_(most) {}

  Result<> add(const std::string& top) {
    std::vector<Level> open = {{top, 0}};
    while (!open.empty()) {
      const auto one = std::move(open.back());
      open.pop_back();
      TRY(add_folder(one, open));
    }
    return {};
  }

 private:
  struct Level {
    std::string path;
    int depth;
  };

  static tl::unexpected<Error> uncounted(const std::string& path) {
    return fail(Errc::too_large,
                "what the build makes cannot be counted: " + std::string(std::strerror(errno)) + ", at " +
                    path.substr(0, 200),
                "its scripts must leave their folders to be read");
  }

  /// What has gone meanwhile takes no room.
  Result<> add_folder(const Level& level, std::vector<Level>& open) {
    Listing folder(AT_FDCWD, level.path.c_str());
    if (!folder && errno == ENOENT) return {};
    if (!folder) return uncounted(level.path);
    while (const char* name = folder.next()) {
      struct stat facts{};
      if (::fstatat(folder.fd(), name, &facts, AT_SYMLINK_NOFOLLOW) != 0) {
        if (errno == ENOENT) continue;
        return uncounted(level.path);
      }
      size_ += static_cast<std::uint64_t>(facts.st_blocks) * 512;
      if (size_ > most_)
        return fail(Errc::too_large, "the build takes more than " + human_size(most_) + " of disk",
                    "a builder with --sub-dir and --clone-depth 1 takes less");
      if (++files_ > kMostFiles)
        return fail(Errc::too_large, "the build makes more than a million files", "build from a smaller one");
      if (!S_ISDIR(facts.st_mode)) continue;
      if (level.depth == kMostLevels)
        return fail(Errc::too_large,
                    "the build makes folders of more than " + std::to_string(kMostLevels) + " levels",
                    "look at what its scripts do");
      open.push_back({level.path + "/" + name, level.depth + 1});
    }
    if (errno != 0 && errno != ENOENT) return uncounted(level.path);
    return {};
  }

  std::uint64_t most_, size_ = 0, files_ = 0;
};

}  // namespace

Result<> check_room(const std::string& folder, std::uint64_t least_free) {
  std::error_code error;
  auto place = fs::path(folder);  // or where it will be made
  while (!fs::exists(place, error) && place.has_relative_path()) place = place.parent_path();
  const auto room = fs::space(place, error);
  if (error || room.available >= least_free) return {};
  return fail(Errc::unavailable, "less than " + human_size(least_free) + " are free on the disk of builds",
              "make room in the data folder of the node");
}

Result<std::unique_ptr<WorkFolder>> WorkFolder::make(const std::string& parent) {
  std::error_code error;
  fs::create_directories(parent, error);
  if (error) return fail(Errc::unavailable, "cannot make the folder " + parent + ": " + error.message());
  fs::permissions(parent, fs::perms::owner_all, error);
  for (int attempt = 0; attempt < kAttempts; ++attempt) {
    std::string path = parent + "/" + std::string(kPrefix) + "XXXXXX";
    if (::mkdtemp(path.data()) == nullptr) return system_error(errno, "make a folder in " + parent);
    auto lock = open_folder(path);
    // Who removes leftovers may have come in between.
    if (!lock || ::flock(lock.get(), LOCK_EX) != 0 || !fs::exists(path, error)) continue;
    std::unique_ptr<WorkFolder> made(new WorkFolder(path, std::move(lock)));
    for (const auto& folder : {made->tree(), made->out(), made->home(), made->temporary(), made->secrets()}) {
      if (::mkdir(folder.c_str(), 0700) != 0) return system_error(errno, "make the folder " + folder);
    }
    return made;
  }
  return fail(Errc::unavailable, "cannot make a folder in " + parent + ": others remove it", "try again");
}

WorkFolder::~WorkFolder() { remove_tree(path_); }

void WorkFolder::forget_secrets() {
  remove_tree(secrets());
  ::mkdir(secrets().c_str(), 0700);
}

Result<> WorkFolder::check_size(std::uint64_t bytes, std::uint64_t least_free) const {
  TRY(check_room(path_, least_free));
  return Count(bytes).add(path_);
}

void remove_leftovers(const std::string& parent) {
  std::error_code ignored;
  for (fs::directory_iterator each(parent, ignored), end; !ignored && each != end; each.increment(ignored)) {
    if (!each->path().filename().string().starts_with(kPrefix)) continue;
    const auto lock = open_folder(each->path());
    if (lock && ::flock(lock.get(), LOCK_EX | LOCK_NB) == 0) remove_tree(each->path());
  }
}

}  // namespace granary::build
