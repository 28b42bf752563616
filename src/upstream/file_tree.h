#pragma once
/// An upstream that is a folder: file:///srv/cran.

#include <functional>
#include <string>

#include "upstream/client.h"

namespace granary::upstream {

/// Answers a Get for file `url`, which must lie below `root` (both file:///..., percent-encoded). The
/// validators are made of the file's time and size. A URL that ends with '/' is a folder: its index
/// (index.v1_json, index.json, index.html), else links to what is in it. Beside a root named "simple" files
/// may be read too. Errc::not_found when there is no such file.
Result<Answer> read_from_tree(const Context&, const std::string& root, const std::string& url, const Get&,
                              const std::function<Result<>(const Answer&)>& begin,
                              const std::function<Result<>(ByteSpan)>& sink);

}  // namespace granary::upstream
