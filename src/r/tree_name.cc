#include "r/tree_name.h"

#include <algorithm>
#include <array>

namespace granary::r {
namespace {

constexpr std::array<std::string_view, 5> kBiocParts = {"bioc", "data/annotation", "data/experiment",
                                                        "workflows", "books"};
constexpr std::size_t kLongestPart = 64;

bool is_number(std::string_view text) {
  return !text.empty() && text.size() <= 3 &&
         std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; });
}

bool is_minor(std::string_view text) {  // 4.5
  const auto dot = text.find('.');
  return dot != std::string_view::npos && is_number(text.substr(0, dot)) && is_number(text.substr(dot + 1));
}

bool is_build(std::string_view text) {  // big-sur-arm64
  return !text.empty() && text.size() <= kLongestPart && text != "contrib" && text.front() != '.' &&
         std::all_of(text.begin(), text.end(), [](unsigned char c) {
           return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
                  c == '_' || c == '.';
         });
}

std::string_view take_part(std::string_view& path) {
  const auto part = path.substr(0, path.find('/'));
  path.remove_prefix(std::min(part.size() + 1, path.size()));
  return part;
}

/// Without the part before it that says of which release of Bioconductor; absent: "".
std::string_view below_release(std::string_view tree) noexcept {
  if (!tree.starts_with("packages/")) return tree;
  auto rest = tree;
  take_part(rest);
  if (!is_minor(take_part(rest))) return {};
  for (const auto part : kBiocParts) {
    if (rest.starts_with(part) && rest.size() > part.size() && rest[part.size()] == '/')
      return rest.substr(part.size() + 1);
  }
  return {};
}

}  // namespace

bool is_tree_name(std::string_view tree) noexcept {
  auto rest = below_release(tree);
  if (rest == kSourceTree) return true;
  if (take_part(rest) != "bin") return false;
  const auto os = take_part(rest);
  if (os == "linux") {
    if (!is_build(take_part(rest))) return false;
    auto older = rest;
    if (is_minor(take_part(older)) && older == kSourceTree) return true;
  } else if (os == "macosx") {
    if (!rest.starts_with("contrib/") && !is_build(take_part(rest))) return false;
  } else if (os != "windows") {
    return false;
  }
  return take_part(rest) == "contrib" && is_minor(rest);
}

std::string_view release_of(std::string_view tree) noexcept {
  if (!tree.starts_with("packages/")) return {};
  take_part(tree);
  const auto release = take_part(tree);
  return is_minor(release) ? release : std::string_view();
}

std::string_view extension_of(std::string_view tree) noexcept {
  const auto rest = below_release(tree);
  if (rest.ends_with(kSourceTree)) return ".tar.gz";
  if (rest.starts_with("bin/windows/")) return ".zip";
  if (rest.starts_with("bin/macosx/")) return ".tgz";
  return ".tar.xz";  // R 4.6's default for every other kind of binary
}

std::string source_tree_of(std::string_view tree) {
  const auto rest = below_release(tree);
  return std::string(tree.substr(0, tree.size() - rest.size())).append(kSourceTree);
}

std::string binary_tag_of(std::string_view tree) {
  auto rest = below_release(tree);
  if (take_part(rest) != "bin" || rest.ends_with(kSourceTree)) return {};
  const auto os = take_part(rest);
  std::string_view build = os == "windows" ? "win" : os;
  if (!rest.starts_with("contrib/")) build = take_part(rest);
  take_part(rest);
  if (build.starts_with(rest) && build.substr(rest.size()).starts_with('-'))
    build.remove_prefix(rest.size() + 1);  // "4.5-jammy", as older clients ask
  if (build.ends_with("-x86_64") && os == "linux") build.remove_suffix(7);
  return std::string(rest).append(1, '-').append(build);
}

}  // namespace granary::r
