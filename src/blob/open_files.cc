#include "blob/open_files.h"

#include <sys/stat.h>

namespace granary::blob {

Result<std::shared_ptr<const OpenFile>> OpenFiles::get(const Digest& digest, const std::string& path) {
  {
    const std::lock_guard lock(mutex_);
    if (const auto found = entries_.find(digest); found != entries_.end()) {
      // A removed file keeps its descriptor but loses its last name. Its content never changes otherwise.
      struct stat st{};
      if (::fstat(found->second->file->fd.get(), &st) == 0 && st.st_nlink > 0 &&
          static_cast<std::uint64_t>(st.st_size) == found->second->file->size) {
        recent_.splice(recent_.begin(), recent_, found->second);
        return found->second->file;
      }
      recent_.erase(found->second);
      entries_.erase(found);
    }
  }
  auto file = TRY(open_file(path));
  const std::lock_guard lock(mutex_);
  if (limit_ > 0 && !entries_.contains(digest)) {
    recent_.push_front({digest, file});
    entries_.emplace(digest, recent_.begin());
    if (entries_.size() > limit_) {
      entries_.erase(recent_.back().digest);
      recent_.pop_back();
    }
  }
  return file;
}

void OpenFiles::forget(const Digest& digest) {
  const std::lock_guard lock(mutex_);
  if (const auto found = entries_.find(digest); found != entries_.end()) {
    recent_.erase(found->second);
    entries_.erase(found);
  }
}

std::size_t OpenFiles::count() const {
  const std::lock_guard lock(mutex_);
  return entries_.size();
}

}  // namespace granary::blob
