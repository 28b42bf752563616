#pragma once
/// Which files a command means. Pure.

#include <string>
#include <string_view>
#include <vector>

#include "ingest/ingest.h"

namespace granary::ingest {

/// The name under which the catalog keeps a package: normalised in a Python source (PEP 503).
std::string package_key(const model::Source& source, std::string_view package);

/// The files of the newest version; none when that version is in the archive. `files` is not empty.
std::vector<model::FileRecord> select_current(const std::vector<model::FileRecord>& files);

/// `files` are those of the package that are visible. Never empty: Errc::not_found instead. A version is
/// compared as its ecosystem compares, so that "1.0" finds "1.0.0" of Python.
Result<std::vector<model::FileRecord>> select_files(const std::vector<model::FileRecord>& files,
                                                    const model::Source& source, const Selector& selector);

}  // namespace granary::ingest
