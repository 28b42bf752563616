#include "blob/spool.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <cstring>
#include <filesystem>
#include <utility>

#include "blob/layout.h"

namespace granary::blob {
namespace {

namespace fs = std::filesystem;

std::string temporary_folder(const std::string& root) { return root + "/" + std::string(layout::kTemporary); }

Result<> make_folder(const std::string& path) {
  if (::mkdir(path.c_str(), 0750) != 0 && errno != EEXIST)
    return system_error(errno, "create the folder " + path);
  return {};
}

Result<> make_folders(const std::string& root, const Digest& digest) {
  std::error_code error;
  fs::create_directories(root, error);
  if (error) return system_error(error.value(), "create the folder " + root);
  TRY(make_folder(root + "/" + std::string(layout::kObjects)));
  return make_folder(root + "/" + layout::shard(digest));
}

// Random, because nodes in containers share folders but not process numbers.
std::string random_name(const std::string& folder) { return folder + "/" + hex(as_bytes(random_bytes(16))); }

/// By which a file without a name can be linked, where /proc is mounted.
std::string name_of(int fd) { return "/proc/self/fd/" + std::to_string(fd); }

}  // namespace

Result<TemporaryFile> TemporaryFile::create(const std::string& root) {
  const std::string folder = temporary_folder(root);
  std::string path;  // of the kind that has a name
  const auto open_it = [&] {
    // Without a name no writer waits for the lock of the one folder that all of them would write in.
    UniqueFd fd(::open(folder.c_str(), O_TMPFILE | O_RDWR | O_CLOEXEC, 0640));
    const bool unsupported = errno == EOPNOTSUPP || errno == EISDIR || errno == EINVAL;  // NFS among others
    if (fd ? ::access(name_of(fd.get()).c_str(), F_OK) == 0 : !unsupported) return fd;
    path = random_name(folder);
    return UniqueFd(::open(path.c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0640));
  };
  UniqueFd fd = open_it();
  if (!fd && errno == ENOENT) {  // somebody deleted a cache folder while we run
    TRY(prepare_root(root));
    fd = open_it();
  }
  if (!fd) return system_error(errno, "create a temporary file in " + folder);
  return TemporaryFile(root, path, std::move(fd));
}

TemporaryFile::TemporaryFile(TemporaryFile&& other) noexcept
    : root_(std::move(other.root_)), path_(std::exchange(other.path_, {})), fd_(std::move(other.fd_)) {}

TemporaryFile::~TemporaryFile() {
  if (!path_.empty()) ::unlink(path_.c_str());
}

int TemporaryFile::move_to(const std::string& to) {
  const std::string own = name_of(fd_.get());
  if (path_.empty()) {
    if (::linkat(AT_FDCWD, own.c_str(), AT_FDCWD, to.c_str(), AT_SYMLINK_FOLLOW) == 0) return 0;
    if (errno != EEXIST) return errno;
    // What is there may be damaged. Only a rename replaces, and it needs a name.
    std::string path = random_name(temporary_folder(root_));
    if (::linkat(AT_FDCWD, own.c_str(), AT_FDCWD, path.c_str(), AT_SYMLINK_FOLLOW) != 0) return errno;
    path_ = std::move(path);
  }
  if (::rename(path_.c_str(), to.c_str()) != 0) return errno;
  path_.clear();
  return 0;
}

Result<> TemporaryFile::publish(const Digest& digest, Durable durable) {
  // The bytes go to disk before the name: a name without its bytes would pass for content that exists.
  if (::fdatasync(fd_.get()) != 0) return system_error(errno, "make a blob durable");
  const std::string to = root_ + "/" + layout::object(digest);
  int error = move_to(to);
  if (error == ENOENT) {
    TRY(make_folders(root_, digest));
    if (durable == Durable::bytes_and_name) {
      TRY(sync_directory(root_));
      TRY(sync_directory(root_ + "/" + std::string(layout::kObjects)));
    }
    error = move_to(to);
  }
  if (error != 0) return system_error(error, "store a blob in " + root_);
  if (durable == Durable::bytes_and_name) TRY(sync_directory(root_ + "/" + layout::shard(digest)));
  return {};
}

Digest finish_digest(Hasher& hasher) {
  const std::string raw = hasher.finish();
  Digest digest;
  GRANARY_ASSERT(raw.size() == digest.bytes.size());
  std::memcpy(digest.bytes.data(), raw.data(), raw.size());
  return digest;
}

Result<std::unique_ptr<Spool>> Spool::create(const std::string& root) {
  return std::unique_ptr<Spool>(new Spool(TRY(TemporaryFile::create(root))));
}

Result<> Spool::write(ByteSpan bytes) {
  if (failed_) return tl::unexpected(*failed_);
  if (auto written = write_all(file_.fd(), bytes); !written) {
    failed_ = written.error();
    return written;
  }
  hasher_.update(bytes);
  size_ += bytes.size();
  return {};
}

Result<Digest> Spool::finish(std::optional<Digest> expected) {
  if (failed_) return tl::unexpected(*failed_);
  if (!digest_) digest_ = finish_digest(hasher_);
  if (expected && *expected != *digest_)
    return fail(Errc::corrupt, "the bytes have the SHA-256 " + digest_->hex() + ", not " + expected->hex(),
                "send them again");
  return *digest_;
}

Result<> Spool::publish(Durable durable) {
  GRANARY_ASSERT(digest_.has_value());
  return file_.publish(*digest_, durable);
}

Result<> prepare_root(const std::string& root) {
  std::error_code error;
  fs::create_directories(root, error);
  if (error) return system_error(error.value(), "create the folder " + root);
  TRY(make_folder(temporary_folder(root)));
  TRY(make_folder(root + "/" + std::string(layout::kObjects)));
  const auto limit = fs::file_time_type::clock::now() - std::chrono::hours(24);
  for (fs::directory_iterator i(temporary_folder(root), error), end; !error && i != end; i.increment(error)) {
    std::error_code ignored;  // another node may be doing the same
    const auto written = i->last_write_time(ignored);
    if (!ignored && written < limit) fs::remove(i->path(), ignored);
  }
  if (error) return system_error(error.value(), "read the folder " + temporary_folder(root));
  return {};
}

Result<> make_shards(const std::string& root) {
  Digest first;
  for (int shard = 0; shard < 256; ++shard) {
    first.bytes[0] = static_cast<std::byte>(shard);
    TRY(make_folder(root + "/" + layout::shard(first)));
  }
  TRY(sync_directory(root + "/" + std::string(layout::kObjects)));
  return sync_directory(root);
}

tl::unexpected<Error> no_such_blob(const Digest& digest) {
  return fail(Errc::not_found, "no stored bytes have the SHA-256 " + digest.hex(), "run: granary verify");
}

Result<std::size_t> FileReader::read(std::span<std::byte> out) {
  if (at_ >= file_->size || out.empty()) return std::size_t{0};
  if (out.size() > file_->size - at_) out = out.first(static_cast<std::size_t>(file_->size - at_));
  for (;;) {
    const ssize_t n = ::pread(file_->fd.get(), out.data(), out.size(), static_cast<off_t>(at_));
    if (n > 0) {
      at_ += static_cast<std::uint64_t>(n);
      return static_cast<std::size_t>(n);
    }
    if (n == 0)
      return fail(Errc::corrupt, "a stored file became shorter while it was read", "run: granary verify");
    if (errno != EINTR) return system_error(errno, "read a stored file");
  }
}

}  // namespace granary::blob
