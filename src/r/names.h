#pragma once
/// What packages and their files may be called ("Writing R Extensions" 1.1.1).

#include <optional>
#include <string>
#include <string_view>

namespace granary::r {

/// ASCII letters, digits and '.', at least two, beginning with a letter and not ending in '.'; at most 255.
bool is_package_name(std::string_view name) noexcept;

/// What the name of a source package says about it.
struct SourceFileName {
  std::string package;
  std::string version;  // as spelled
};
/// `{package}_{version}.tar.gz`; absent for anything else.
std::optional<SourceFileName> parse_source_file_name(std::string_view file_name);
/// Of `{package}_...`, whatever comes after it (binaries too); absent for anything else.
std::optional<std::string_view> package_of_file(std::string_view file_name) noexcept;
std::string source_file_name(std::string_view package, std::string_view version);

}  // namespace granary::r
