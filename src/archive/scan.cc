#include "archive/scan.h"

#include <algorithm>
#include <array>

#include "archive/gunzip.h"
#include "archive/path.h"
#include "archive/tar.h"
#include "archive/zip.h"

namespace granary::archive {

namespace {

auto not_a_file(const std::string& path, const char* why) {
  return fail(Errc::invalid_argument, "'" + shown(path) + "' " + why,
              "build the archive again with the standard tool of its language");
}

Result<Scan> scan_tar(const Context& ctx, const ByteSource& archive, const Limits& limits,
                      const std::function<bool(std::string_view path)>& wanted) {
  const auto bytes = TRY(gunzip_reader(ctx, archive, limits));
  TarReader tar(*bytes, limits);
  Scan out;
  while (const auto entry = TRY(tar.next(ctx))) {
    ++out.entries;
    note_top(out.tops, entry->path);
    if (entry->kind == TarEntry::Kind::folder || !wanted(entry->path)) continue;
    if (entry->kind != TarEntry::Kind::file) return not_a_file(entry->path, "is a link, not a file");
    if (std::any_of(out.members.begin(), out.members.end(),
                    [&](const Member& m) { return m.path == entry->path; })) {
      return not_a_file(entry->path, "is in the archive twice");
    }
    if (out.members.size() >= limits.members)
      return not_a_file(entry->path, "is one of too many files named like it");
    auto bytes_of_member = TRY(tar.read_all(*entry));  // apart: beside it GCC leaks the path on an error
    out.members.push_back({entry->path, std::move(bytes_of_member)});
  }
  out.total_bytes = tar.total_bytes();
  return out;
}

}  // namespace

Result<Format> detect(const ByteSource& archive) {
  std::array<std::byte, 6> bytes{};
  std::size_t size = 0;
  while (size < bytes.size()) {
    const auto got = TRY(archive.read_at(size, std::span(bytes).subspan(size)));
    if (got == 0) break;
    size += got;
  }
  const auto magic = as_text(std::span(bytes).first(size));
  if (magic.starts_with("\x1f\x8b")) return Format::tar_gz;
  if (magic.starts_with("PK\x03\x04") || magic.starts_with("PK\x05\x06")) return Format::zip;
  if (magic.empty()) return fail(Errc::invalid_argument, "the file is empty", "upload the whole file");
  const auto other = [](const char* what) {
    return fail(Errc::invalid_argument, std::string("the file is packed by ") + what + ", not by gzip",
                "build it again as .tar.gz, which every client reads");
  };
  if (magic.starts_with("BZh")) return other("bzip2");
  if (magic.starts_with("\xfd"
                        "7zXZ"))
    return other("xz");
  if (magic.starts_with("\x28\xb5\x2f\xfd")) return other("zstd");
  return fail(Errc::invalid_argument, "the file is neither a gzipped tar nor a zip archive",
              "upload what R CMD build or python -m build made");
}

Result<Scan> scan(const Context& ctx, const ByteSource& archive, Format format, const Limits& limits,
                  const std::function<bool(std::string_view path)>& wanted) {
  switch (format) {
    case Format::tar_gz:
      return scan_tar(ctx, archive, limits, wanted);
    case Format::zip:
      return scan_zip(ctx, archive, limits, wanted);
  }
  return fail(Errc::internal, "no such archive format");
}

}  // namespace granary::archive
