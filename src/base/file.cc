#include "base/file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <filesystem>

#include "base/disk_full.h"

namespace granary {

void UniqueFd::reset() noexcept {
  if (fd_ >= 0) ::close(fd_);
  fd_ = -1;
}

tl::unexpected<Error> system_error(int number, std::string doing, const char* file, int line) {
  const std::string message = "cannot " + std::move(doing) + ": " + std::strerror(number);
  switch (number) {
    case ENOENT:
      return fail(Errc::not_found, message, {}, file, line);
    case ENOSPC:
    case EDQUOT:
      return fail(Errc::unavailable, message, std::string(kFreeSpace), file, line);
    case EACCES:
    case EPERM:
    case EROFS:
      return fail(Errc::unavailable, message, "give the server's user the right to that path", file, line);
    case EMFILE:
    case ENFILE:
      return fail(Errc::unavailable, message, "raise the limit of open files (ulimit -n)", file, line);
    default:
      return fail(Errc::unavailable, message, {}, file, line);
  }
}

Result<std::unique_ptr<FileSource>> FileSource::open(const std::string& path) {
  UniqueFd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!fd) return system_error(errno, "open " + path);
  struct stat st{};
  if (::fstat(fd.get(), &st) != 0) return system_error(errno, "read " + path);
  if (!S_ISREG(st.st_mode)) return fail(Errc::invalid_argument, path + " is not a file");
  return std::make_unique<FileSource>(std::move(fd), static_cast<std::uint64_t>(st.st_size));
}

Result<std::size_t> FileSource::read_at(std::uint64_t offset, std::span<std::byte> out) const {
  for (;;) {
    const ssize_t n = ::pread(fd_.get(), out.data(), out.size(), static_cast<off_t>(offset));
    if (n >= 0) return static_cast<std::size_t>(n);
    if (errno != EINTR) return system_error(errno, "read a file");
  }
}

Result<> write_all(int fd, ByteSpan bytes) {
  while (!bytes.empty()) {
    const ssize_t n = ::write(fd, bytes.data(), bytes.size());
    if (n < 0) {
      if (errno == EINTR) continue;
      return system_error(errno, "write a file");
    }
    bytes = bytes.subspan(static_cast<std::size_t>(n));
  }
  return {};
}

Result<std::shared_ptr<const OpenFile>> open_file(const std::string& path) {
  UniqueFd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!fd) return system_error(errno, "open " + path);
  struct stat st{};
  if (::fstat(fd.get(), &st) != 0) return system_error(errno, "read " + path);
  auto file = std::make_shared<OpenFile>();
  file->fd = std::move(fd);
  file->size = static_cast<std::uint64_t>(st.st_size);
  return std::shared_ptr<const OpenFile>(std::move(file));
}

Result<std::string> read_file(const std::string& path, std::uint64_t limit) {
  const auto source = TRY(FileSource::open(path));
  if (source->size() > limit)
    return fail(Errc::too_large, path + " is larger than " + std::to_string(limit) + " bytes");
  std::string out;
  TRY(for_each_chunk(*source, [&](ByteSpan chunk) -> Result<> {
    out += as_text(chunk);
    if (out.size() > limit) return fail(Errc::too_large, path + " grew while it was read");
    return {};
  }));
  return out;
}

Result<> write_file_durably(const std::string& path, std::string_view bytes, unsigned mode) {
  static std::atomic<unsigned> counter{0};
  const std::string temporary = path + ".tmp." + std::to_string(::getpid()) + "." + std::to_string(counter++);
  UniqueFd fd(::open(temporary.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode));
  if (!fd) return system_error(errno, "create " + temporary);
  auto written = write_all(fd.get(), as_bytes(bytes));
  if (written && ::fsync(fd.get()) != 0) written = system_error(errno, "make " + path + " durable");
  if (written && ::rename(temporary.c_str(), path.c_str()) != 0)
    written = system_error(errno, "rename to " + path);
  if (!written) {
    ::unlink(temporary.c_str());
    return written;
  }
  return sync_directory(std::filesystem::path(path).parent_path().string());
}

Result<> sync_directory(const std::string& path) {
  UniqueFd fd(::open(path.empty() ? "." : path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!fd) return system_error(errno, "open the folder " + path);
  if (::fsync(fd.get()) != 0) return system_error(errno, "make the folder " + path + " durable");
  return {};
}

Result<UniqueFd> anonymous_file(const std::string& directory) {
  UniqueFd fd(::open(directory.c_str(), O_TMPFILE | O_RDWR | O_CLOEXEC, 0600));
  if (fd) return fd;
  if (errno != EOPNOTSUPP && errno != EISDIR && errno != EINVAL)
    return system_error(errno, "create a temporary file in " + directory);
  std::string name = directory + "/spool.XXXXXX";  // file systems without O_TMPFILE
  fd = UniqueFd(::mkostemp(name.data(), O_CLOEXEC));
  if (!fd) return system_error(errno, "create a temporary file in " + directory);
  ::unlink(name.c_str());
  return fd;
}

}  // namespace granary
