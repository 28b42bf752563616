#include "blob/file/file_derived.h"

#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <filesystem>

#include "base/file.h"
#include "blob/layout.h"
#include "blob/open.h"
#include "blob/spool.h"

namespace granary::blob {

namespace fs = std::filesystem;

std::string FileDerived::path_of(const Digest& name) const {
  return directory_ + "/" + layout::object(layout::Shelf::derived, name);
}

Result<bool> FileDerived::has(const Context& ctx, const Digest& name) {
  TRY(ctx.check());
  return ::access(path_of(name).c_str(), F_OK) == 0;
}

Result<std::string> FileDerived::get(const Context& ctx, const Digest& name, std::uint64_t limit) {
  TRY(ctx.check());
  auto bytes = read_file(path_of(name), limit);
  if (!bytes && bytes.error().code() == Errc::not_found) return no_such_blob(name);
  return bytes;
}

Result<> FileDerived::put(const Context& ctx, const Digest& name, const std::string& bytes) {
  TRY(ctx.check());
  const std::string path = path_of(name);
  std::error_code error;
  fs::create_directories(fs::path(path).parent_path(), error);
  if (error) return system_error(error.value(), "make the folder of " + path);
  return write_file_durably(path, bytes);
}

Result<> FileDerived::remove(const Context& ctx, const Digest& name) {
  TRY(ctx.check());
  if (::unlink(path_of(name).c_str()) != 0 && errno != ENOENT)
    return system_error(errno, "remove " + path_of(name));
  return {};
}

Result<> FileDerived::for_each(const Context& ctx, const std::function<Result<>(const DerivedInfo&)>& each) {
  std::error_code error;
  const fs::path folder = fs::path(directory_) / layout::kDerived;
  for (fs::directory_iterator i(folder, error), end; !error && i != end; i.increment(error)) {
    TRY(ctx.check());
    const auto name = layout::parse_object(layout::Shelf::derived,
                                           i->path().lexically_relative(directory_).generic_string());
    struct stat st{};
    if (!name || ::stat(i->path().c_str(), &st) != 0) continue;
    TRY(each({*name, static_cast<std::uint64_t>(st.st_size),
              Time(std::chrono::seconds(st.st_mtim.tv_sec) +
                   std::chrono::microseconds(st.st_mtim.tv_nsec / 1000))}));
  }
  if (error && error != std::errc::no_such_file_or_directory)
    return system_error(error.value(), "read the folder " + folder.string());
  return {};
}

std::shared_ptr<Derived> open_file_derived(const std::string& directory) {
  return std::make_shared<FileDerived>(directory);
}

}  // namespace granary::blob
