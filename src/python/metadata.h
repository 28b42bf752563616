#pragma once
/// Core metadata: METADATA of a wheel, PKG-INFO of an sdist. Headers as in RFC 822, repeated fields, then the
/// description as the body. Where the text is not well formed it is read as Python's email parser reads it,
/// because clients do.

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.h"

namespace granary::python {

/// Single values are trimmed; absent ones, and the "UNKNOWN" of old tools, are empty. Text is as found: it
/// may not be UTF-8.
struct CoreMetadata {
  std::string metadata_version, name, version;
  std::string summary, description, description_content_type, keywords;
  std::string home_page, download_url, author, author_email, maintainer, maintainer_email;
  std::string license, license_expression, requires_python;
  std::vector<std::string> classifiers, platforms, supported_platforms, requires_dist, requires_external,
      provides_extra, provides_dist, obsoletes_dist, dynamic, license_files;
  std::vector<std::pair<std::string, std::string>> project_urls;  // label, URL
};

inline constexpr std::size_t kLargestMetadata = 4 << 20;

/// Errors: too_large above kLargestMetadata; invalid_argument when Metadata-Version, Name or Version is
/// missing or given twice, Name or Version is not valid, or Requires-Python is not a specifier.
Result<CoreMetadata> parse_metadata(std::string_view text);
/// The fields and no judgement: for showing what is already stored. Never fails, never more memory than a
/// small multiple of the text.
CoreMetadata read_metadata(std::string_view text);

}  // namespace granary::python
