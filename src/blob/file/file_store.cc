#include "blob/file/file_store.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <filesystem>

#include "blob/layout.h"
#include "blob/open.h"
#include "blob/probe.h"
#include "blob/spool.h"

namespace granary::blob {
namespace {

namespace fs = std::filesystem;

Time modified(const struct stat& st) {
  return Time(std::chrono::seconds(st.st_mtim.tv_sec) + std::chrono::microseconds(st.st_mtim.tv_nsec / 1000));
}

/// Absent when there is no such file.
Result<std::optional<BlobInfo>> look(const std::string& path, const Digest& digest) {
  struct stat st{};
  if (::stat(path.c_str(), &st) != 0) {
    if (errno == ENOENT) return std::optional<BlobInfo>();
    return system_error(errno, "look for a blob at " + path);
  }
  if (!S_ISREG(st.st_mode))
    return fail(Errc::corrupt, path + " is not a file", "something other than granary changed its storage");
  return std::optional<BlobInfo>(BlobInfo{digest, static_cast<std::uint64_t>(st.st_size), modified(st)});
}

class FileWriter final : public Writer {
 public:
  FileWriter(std::unique_ptr<Spool> spool, std::string directory)
      : spool_(std::move(spool)), directory_(std::move(directory)) {}

  Result<> write(ByteSpan data) override { return spool_->write(data); }

  Result<BlobInfo> commit(std::optional<Digest> expected) override {
    const Digest digest = TRY(spool_->finish(expected));
    const auto written = SystemClock().now();
    const std::string path = directory_ + "/" + layout::object(digest);
    // A file of another size was damaged from outside: the new bytes replace it.
    const auto existing = TRY(look(path, digest));
    const bool touched =
        existing && existing->size == spool_->size() && ::utimensat(AT_FDCWD, path.c_str(), nullptr, 0) == 0;
    // Whoever stored it may not have made its name durable yet.
    TRY(touched ? sync_directory(fs::path(path).parent_path().string())
                : spool_->publish(Durable::bytes_and_name));
    // One that was removed since then was stored before that: who names it asks the catalog whether it goes.
    const auto stored = TRY(look(path, digest));
    return stored.value_or(BlobInfo{digest, spool_->size(), written});
  }

 private:
  std::unique_ptr<Spool> spool_;
  std::string directory_;
};

}  // namespace

Result<std::unique_ptr<FileStore>> FileStore::open(std::string directory, Logger log) {
  TRY(prepare_root(directory));
  TRY(make_shards(directory));
  return std::unique_ptr<FileStore>(new FileStore(std::move(directory), std::move(log)));
}

std::string FileStore::path_of(const Digest& digest) const {
  return directory_ + "/" + layout::object(digest);
}

Result<std::optional<BlobInfo>> FileStore::find(const Context& ctx, const Digest& digest) {
  TRY(ctx.check());
  return look(path_of(digest), digest);
}

Result<std::unique_ptr<ByteReader>> FileStore::open(const Context& ctx, const Digest& digest) {
  TRY(ctx.check());
  auto file = open_file(path_of(digest));
  if (!file && file.error().code() == Errc::not_found) return no_such_blob(digest);
  return std::make_unique<FileReader>(TRY(std::move(file)));
}

Result<Servable> FileStore::serve(const Context& ctx, const Digest& digest, std::uint64_t size) {
  TRY(ctx.check());
  auto file = open_files_.get(digest, path_of(digest));
  if (!file && file.error().code() == Errc::not_found) return no_such_blob(digest);
  auto opened = TRY(std::move(file));
  if (opened->size != size) {
    open_files_.forget(digest);
    return fail(Errc::corrupt,
                "the stored file " + digest.hex() + " has " + std::to_string(opened->size) + " bytes, not " +
                    std::to_string(size),
                "run: granary verify");
  }
  return Servable(std::move(opened));
}

Result<std::unique_ptr<Writer>> FileStore::create(const Context& ctx) {
  TRY(ctx.check());
  return std::make_unique<FileWriter>(TRY(Spool::create(directory_)), directory_);
}

Result<> FileStore::remove(const Context& ctx, const Digest& digest) {
  TRY(ctx.check());
  open_files_.forget(digest);
  if (::unlink(path_of(digest).c_str()) != 0 && errno != ENOENT) return system_error(errno, "remove a blob");
  return {};
}

Result<> FileStore::for_each(const Context& ctx, const std::function<Result<>(const BlobInfo&)>& each) {
  std::error_code error;
  const fs::path objects = fs::path(directory_) / layout::kObjects;
  for (fs::directory_iterator shard(objects, error), end; !error && shard != end; shard.increment(error)) {
    std::error_code inner;
    if (!shard->is_directory(inner)) continue;
    for (fs::directory_iterator i(shard->path(), inner); !inner && i != end; i.increment(inner)) {
      TRY(ctx.check());
      const auto digest = layout::parse_object(i->path().lexically_relative(directory_).generic_string());
      if (!digest) continue;
      const auto info = TRY(look(i->path().string(), *digest));
      if (info) TRY(each(*info));
    }
    if (inner) return system_error(inner.value(), "read the folder " + shard->path().string());
  }
  if (error) return system_error(error.value(), "read the folder " + objects.string());
  return {};
}

Result<> FileStore::remove_leftovers(const Context& ctx) {
  TRY(ctx.check());
  return prepare_root(directory_);
}

Result<> FileStore::probe(const Context& ctx) { return probe_by_use(ctx, *this); }

Result<std::unique_ptr<BlobStore>> open_file_store(const std::string& directory, Logger log) {
  return TRY(FileStore::open(directory, std::move(log)));
}

}  // namespace granary::blob
