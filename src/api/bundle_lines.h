#pragma once
/// The lines of a bundle: a JSON object each, of one package.
///
/// {"source":"cran","tree":"src/contrib","package":"R6","record":"<base64>","files":[{"key","filename","sha256",
/// "size","md5","at"},...]}; `at` is where the member with its bytes begins in the bundle. The last line of a
/// plan has "missing" and "unread" instead.

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.h"
#include "base/json.h"
#include "base/result.h"

namespace granary::api {

struct BundleFile {
  std::string key, filename, sha256, md5;
  std::uint64_t size = 0;  // 0: not known yet
  std::uint64_t at = 0;
};
struct BundleLine {
  std::string source, tree, package;
  std::string record;  // not base64; empty: a package of one's own
  std::vector<BundleFile> files;
};
std::string to_text(const BundleLine& line);
/// Errc::corrupt.
Result<BundleLine> parse_bundle_line(std::string_view text);

/// Calls `each` for every line, without its end. Memory: one line, at most 64 MB: a longer one is
/// Errc::too_large.
Result<> for_each_line(const ByteSource& text, const std::function<Result<>(std::string_view)>& each);

}  // namespace granary::api
