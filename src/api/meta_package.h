#pragma once
/// One package as JSON, of either kind.

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/json.h"
#include "model/types.h"

namespace granary::api {

/// As the catalog spells names of packages: R as is, Python normalised.
std::string package_key(model::Ecosystem, std::string_view name);

/// name, version, summary, license, date, size, is_archived of the file that stands for a package.
void append_summary(JsonWriter&, model::Ecosystem, const model::FileRecord& newest);
/// The same of a package of which only the name is known.
void append_name(JsonWriter&, std::string_view name);

/// The same of `version` (the newest when absent), with info and, newest first, releases and their files.
/// Errc::not_found when there is no such version.
Result<> append_package(JsonWriter&, model::Ecosystem, const std::vector<model::FileRecord>& files,
                        const std::optional<std::string>& version);

}  // namespace granary::api
