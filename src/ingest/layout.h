#pragma once
/// The parts of an archive by which its kind is told, and the checks of each kind. Private to inspect.h.

#include <string>
#include <string_view>
#include <vector>

#include "archive/scan.h"
#include "ingest/inspect.h"

namespace granary::ingest {

/// What one pass over the archive noted.
struct Layout {
  archive::Format format = archive::Format::tar_gz;
  std::vector<std::string> tops;               // first parts of paths, the first few
  std::vector<std::string> dist_infos;         // folders at the top that end in ".dist-info", the first few
  bool has_wheel = false, has_record = false;  // {dist-info}/WHEEL and RECORD
  std::vector<archive::Member> members;  // {top}/DESCRIPTION, {top}/PKG-INFO, {dist-info}/METADATA and WHEEL

  /// The member {anything}/{base}; null when there is none.
  const archive::Member* find(std::string_view base) const noexcept;
  /// The member of exactly this path.
  const archive::Member* at(std::string_view path) const noexcept;
};

Result<Layout> read_layout(const Context&, const ByteSource& bytes, archive::Format format);

Result<Inspected> inspect_r_source(std::string_view filename, const Layout&);
Result<Inspected> inspect_wheel(std::string_view filename, const Layout&);
Result<Inspected> inspect_sdist(std::string_view filename, const Layout&);

/// `text` in quotes, fit for a message.
std::string quoted(std::string_view text);

}  // namespace granary::ingest
