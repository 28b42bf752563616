#include "blob/spool.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <filesystem>

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

Result<> move_into_place(const std::string& from, const std::string& root, const Digest& digest,
                         bool durable) {
  const std::string to = root + "/" + layout::object(digest);
  if (::rename(from.c_str(), to.c_str()) == 0) return {};
  if (errno != ENOENT) return system_error(errno, "store a blob in " + root);
  const std::string objects = root + "/" + std::string(layout::kObjects);
  TRY(make_folder(objects));
  TRY(make_folder(root + "/" + layout::shard(digest)));
  if (durable) {
    TRY(sync_directory(root));
    TRY(sync_directory(objects));
  }
  if (::rename(from.c_str(), to.c_str()) != 0) return system_error(errno, "store a blob in " + root);
  return {};
}

}  // namespace

Spool::Spool(std::string root, std::string path, UniqueFd fd)
    : root_(std::move(root)), path_(std::move(path)), fd_(std::move(fd)) {}

Spool::~Spool() {
  if (!path_.empty()) ::unlink(path_.c_str());
}

Result<std::unique_ptr<Spool>> Spool::create(const std::string& root) {
  const std::string folder = temporary_folder(root);
  // Random, because nodes in containers share folders but not process numbers.
  const std::string path = folder + "/" + hex(as_bytes(random_bytes(16)));
  UniqueFd fd(::open(path.c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0640));
  if (!fd && errno == ENOENT) {  // somebody emptied a cache folder while we run
    TRY(make_folder(root));
    TRY(make_folder(folder));
    fd = UniqueFd(::open(path.c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0640));
  }
  if (!fd) return system_error(errno, "create a temporary file in " + folder);
  return std::unique_ptr<Spool>(new Spool(root, path, std::move(fd)));
}

Result<> Spool::write(ByteSpan bytes) {
  if (failed_) return tl::unexpected(*failed_);
  if (auto written = write_all(fd_.get(), bytes); !written) {
    failed_ = written.error();
    return written;
  }
  hasher_.update(bytes);
  size_ += bytes.size();
  return {};
}

Result<Digest> Spool::finish(std::optional<Digest> expected) {
  if (failed_) return tl::unexpected(*failed_);
  if (!digest_) {
    const std::string raw = hasher_.finish();
    digest_.emplace();
    std::memcpy(digest_->bytes.data(), raw.data(), digest_->bytes.size());
  }
  if (expected && *expected != *digest_)
    return fail(Errc::corrupt, "the bytes have the SHA-256 " + digest_->hex() + ", not " + expected->hex(),
                "send them again");
  return *digest_;
}

Result<> Spool::publish(bool durable) {
  GRANARY_ASSERT(digest_.has_value() && !path_.empty());
  // The data goes to disk before the name: a name without its bytes would pass for content that exists.
  if (durable && ::fdatasync(fd_.get()) != 0) return system_error(errno, "make a blob durable");
  TRY(move_into_place(path_, root_, *digest_, durable));
  path_.clear();
  if (durable) TRY(sync_directory(root_ + "/" + layout::shard(*digest_)));
  return {};
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
