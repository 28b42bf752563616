/// The first byte chooses: a plain tar (so that mutations are not lost in a gzip checksum) or a gzipped one.

#include <cstdlib>

#include "archive/scan.h"
#include "archive/tar.h"
#include "base/log.h"

namespace {

class PlainReader final : public granary::ByteReader {
 public:
  explicit PlainReader(std::string bytes) : bytes_(std::move(bytes)) {}
  granary::Result<std::size_t> read(std::span<std::byte> out) override {
    const auto got = bytes_.read_at(at_, out);
    at_ += *got;
    return got;
  }

 private:
  granary::MemorySource bytes_;
  std::uint64_t at_ = 0;
};

void check_path(std::string_view path) {
  if (path.starts_with('/') || path.find("..") == 0 || path.find("/../") != std::string_view::npos)
    std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace granary;
  if (size == 0) return 0;
  const std::string bytes(reinterpret_cast<const char*>(data) + 1, size - 1);
  const Logger silent;
  const Context ctx(silent, {}, Context::Clock::now() + std::chrono::seconds(20));
  archive::Limits limits;
  limits.member_bytes = 10'000;
  if (data[0] % 2 == 0) {
    const MemorySource source(bytes);
    const auto got =
        archive::scan(ctx, source, archive::Format::tar_gz, limits, [](std::string_view) { return true; });
    if (got && got->members.size() > limits.members) std::abort();
    return 0;
  }
  PlainReader reader(bytes);
  archive::TarReader tar(reader, limits);
  std::uint64_t total = 0;
  for (;;) {
    const auto entry = tar.next(ctx);
    if (!entry || !*entry) break;
    const auto& e = **entry;
    if (!e.path.starts_with("..")) check_path(e.path);
    if (e.kind != archive::TarEntry::Kind::file) {
      if (e.size != 0) std::abort();
      continue;
    }
    total += e.size;
    const auto content = tar.read_all(e);
    if (content && content->size() != e.size) std::abort();
    if (!content) break;
  }
  if (total > size) {
    // Only the member that was cut off may claim more than there is.
    if (tar.next(ctx)) std::abort();
  }
  return 0;
}
