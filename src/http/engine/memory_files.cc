#include "http/engine/memory_files.h"

#include <sys/mman.h>

namespace granary::http {
namespace {

UniqueFd filled(UniqueFd fd, const std::string& bytes) {
  if (fd && write_all(fd.get(), as_bytes(bytes))) return fd;
  return UniqueFd();
}

}  // namespace

std::shared_ptr<const OpenFile> MemoryFiles::of(const std::shared_ptr<const std::string>& bytes,
                                                const std::string& directory) {
  if (bytes->size() < kSmallest || bytes->size() > kLargest) return nullptr;
  const std::lock_guard lock(mutex_);
  if (const auto known = entries_.find(bytes.get()); known != entries_.end()) {
    auto file = known->second.file.lock();
    if (file && known->second.bytes.lock() == bytes) return file;
  }
  std::erase_if(entries_, [](const auto& entry) { return entry.second.file.expired(); });
  auto file = std::make_shared<OpenFile>();
  file->size = bytes->size();
  if (auto made = anonymous_file(directory)) file->fd = filled(std::move(*made), *bytes);
  if (!file->fd) file->fd = filled(UniqueFd(::memfd_create("body", MFD_CLOEXEC)), *bytes);
  if (!file->fd) return nullptr;
  entries_[bytes.get()] = {bytes, file};
  return file;
}

}  // namespace granary::http
