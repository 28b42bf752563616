#include "archive/testing/build_archive.h"

#include <archive.h>
#include <archive_entry.h>

#include "base/compress.h"
#include "base/result.h"

namespace granary::archive {

namespace {

la_ssize_t append(struct ::archive*, void* to, const void* bytes, size_t size) {
  static_cast<std::string*>(to)->append(static_cast<const char*>(bytes), size);
  return static_cast<la_ssize_t>(size);
}

std::string write(struct ::archive* out, const std::vector<BuildEntry>& entries) {
  std::string bytes;
  archive_write_set_bytes_in_last_block(out, 1);
  GRANARY_ASSERT(archive_write_open(out, &bytes, nullptr, append, nullptr) == ARCHIVE_OK);
  for (const auto& e : entries) {
    struct ::archive_entry* entry = archive_entry_new();
    archive_entry_set_pathname(entry, e.path.c_str());
    archive_entry_set_mtime(entry, 1714564800, 0);
    archive_entry_set_perm(entry, 0644);
    archive_entry_set_filetype(entry, e.type == 'd'   ? AE_IFDIR
                                      : e.type == 'p' ? AE_IFIFO
                                      : e.type == 'c' ? AE_IFCHR
                                                      : AE_IFREG);
    if (!e.symlink.empty()) {
      archive_entry_set_filetype(entry, AE_IFLNK);
      archive_entry_set_symlink(entry, e.symlink.c_str());
    }
    if (!e.hardlink.empty()) archive_entry_set_hardlink(entry, e.hardlink.c_str());
    archive_entry_set_size(entry, static_cast<la_int64_t>(e.bytes.size()));
    GRANARY_ASSERT(archive_write_header(out, entry) >= ARCHIVE_WARN);
    if (!e.bytes.empty()) archive_write_data(out, e.bytes.data(), e.bytes.size());
    archive_entry_free(entry);
  }
  archive_write_close(out);
  archive_write_free(out);
  return bytes;
}

}  // namespace

std::string build_tar(const std::vector<BuildEntry>& entries, TarDialect dialect) {
  struct ::archive* out = archive_write_new();
  switch (dialect) {
    case TarDialect::ustar:
      archive_write_set_format_ustar(out);
      break;
    case TarDialect::pax:
      archive_write_set_format_pax_restricted(out);
      break;
    case TarDialect::gnu:
      archive_write_set_format_gnutar(out);
      break;
    case TarDialect::v7:
      archive_write_set_format_v7tar(out);
      break;
  }
  return write(out, entries);
}

std::string build_tar_gz(const std::vector<BuildEntry>& entries, TarDialect dialect) {
  return gzip(build_tar(entries, dialect));
}

std::string build_zip(const std::vector<BuildEntry>& entries) {
  struct ::archive* out = archive_write_new();
  archive_write_set_format_zip(out);
  return write(out, entries);
}

}  // namespace granary::archive
