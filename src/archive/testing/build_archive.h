#pragma once
/// Archives in memory for tests, written by libarchive: another hand than the one that reads them.

#include <cstdint>
#include <string>
#include <vector>

namespace granary::archive {

struct BuildEntry {
  std::string path;
  std::string bytes = {};
  std::string symlink = {}, hardlink = {};  // not empty: such a link
  char type = 'f';                          // 'f'ile, 'd' folder, 'p'ipe, 'c'haracter device
};

enum class TarDialect : std::uint8_t { ustar, pax, gnu, v7 };

std::string build_tar(const std::vector<BuildEntry>& entries, TarDialect dialect = TarDialect::pax);
std::string build_tar_gz(const std::vector<BuildEntry>& entries, TarDialect dialect = TarDialect::pax);
std::string build_zip(const std::vector<BuildEntry>& entries);

}  // namespace granary::archive
