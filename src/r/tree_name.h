#pragma once
/// What trees of R packages are called, as paths below the root of a repository: where contrib.url() and
/// BiocManager look for indexes.

#include <string>
#include <string_view>

namespace granary::r {

inline constexpr std::string_view kSourceTree = "src/contrib";

/// "src/contrib", "bin/windows/contrib/4.5", "bin/macosx/big-sur-arm64/contrib/4.5",
/// "bin/linux/jammy-x86_64/contrib/4.6", "bin/linux/jammy-x86_64/4.5/src/contrib"; and each below
/// "packages/3.22/bioc", "packages/3.22/data/annotation" and so on.
bool is_tree_name(std::string_view tree) noexcept;
/// Of Bioconductor: "3.22"; empty for trees of others.
std::string_view release_of(std::string_view tree) noexcept;
/// What its files end in unless PACKAGES says otherwise: ".tar.gz", ".zip", ".tgz", ".tar.xz".
std::string_view extension_of(std::string_view tree) noexcept;
/// The tree of sources beside it: "src/contrib" of "bin/windows/contrib/4.5", itself of one of sources.
std::string source_tree_of(std::string_view tree);
/// What a binary of it is for, as the incumbent writes it: "4.5-win", "4.5-big-sur-arm64", "4.2-macosx",
/// "4.6-jammy", "4.6-noble-aarch64"; empty for trees of sources.
std::string binary_tag_of(std::string_view tree);

}  // namespace granary::r
