#pragma once
/// multipart/form-data (RFC 7578, RFC 2046 5.1) over bytes that may be larger than memory: fields are copied
/// out, files are only located. Strict: what a careful client would not send is an error, so that no two
/// readers disagree.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.h"

namespace granary::http {

struct MultipartLimits {
  std::size_t parts = 2000;
  std::size_t header_bytes = 16 * 1024;    // of one part; at most 32 KB
  std::size_t field_bytes = 1 << 20;       // of one field
  std::size_t all_fields_bytes = 8 << 20;  // of all of them, names too
};

struct FormField {
  std::string name, value;
};

/// A part with a file name. Its bytes are SliceSource(body, offset, size).
struct FormFile {
  std::string name, filename;
  std::uint64_t offset = 0, size = 0;
};

struct Form {
  std::vector<FormField> fields;  // in order, repeated names too
  std::vector<FormFile> files;
  /// The first of that name.
  std::optional<std::string_view> field(std::string_view name) const noexcept;
  std::vector<std::string_view> all(std::string_view name) const;
  const FormFile* file(std::string_view name) const noexcept;
};

/// Reads `body` once from front to end, with 256 KB of memory and the fields. Errors: invalid_argument,
/// too_large (a limit), and those of `body`.
Result<Form> parse_multipart(const ByteSource& body, std::string_view content_type,
                             const MultipartLimits& limits = {});

/// Absent when it is not multipart/form-data with a boundary as RFC 2046 allows.
std::optional<std::string> multipart_boundary(std::string_view content_type);

}  // namespace granary::http
