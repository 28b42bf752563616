#pragma once
/// Where things lie, in a folder and in a bucket: the only place that spells storage paths. Pure.
///
///   <root>/sha256/ab/abcd...   the bytes whose SHA-256 is abcd...
///   <root>/sha256/ab/abcd....sealed   bucket only: the same bytes, encrypted
///   <root>/derived/abcd...     what can be made again, by a digest of what it is made of (blob/derived.h);
///                              .sealed behind it as above
///   <root>/tmp/...             being written; what is older than a day is left over from a killed process
///   <root>/probe/...           bucket only: written and removed by probe()

#include <algorithm>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/bytes.h"

namespace granary::blob::layout {

inline constexpr std::string_view kObjects = "sha256";
inline constexpr std::string_view kDerived = "derived";
inline constexpr std::string_view kTemporary = "tmp";

/// What the digest in a path is of.
enum class Shelf : std::uint8_t { content, derived };

/// "sha256/ab": 256 folders at most.
inline std::string shard(const Digest& digest) { return "sha256/" + digest.hex().substr(0, 2); }

/// "sha256/ab/abcd...", below the root of the store.
inline std::string object(const Digest& digest) {
  const std::string hex = digest.hex();
  return "sha256/" + hex.substr(0, 2) + "/" + hex;
}

/// The inverse of object(); absent for anything else, so that strange files are never taken for content.
inline std::optional<Digest> parse_object(std::string_view path) {
  const auto digest = path.size() == 74 ? Digest::parse(path.substr(10)) : std::nullopt;
  if (!digest || object(*digest) != path) return std::nullopt;
  return digest;
}

/// The folder of a shelf.
inline std::string_view folder(Shelf shelf) { return shelf == Shelf::content ? kObjects : kDerived; }

inline std::string object(Shelf shelf, const Digest& digest) {
  return shelf == Shelf::content ? object(digest) : std::string(kDerived) + "/" + digest.hex();
}

inline std::optional<Digest> parse_object(Shelf shelf, std::string_view path) {
  if (shelf == Shelf::content) return parse_object(path);
  const auto digest = Digest::parse(path.substr(std::min(path.size(), kDerived.size() + 1)));
  if (!digest || object(shelf, *digest) != path) return std::nullopt;
  return digest;
}

inline constexpr std::string_view kSealed = ".sealed";

inline std::string sealed_object(const Digest& digest, Shelf shelf = Shelf::content) {
  return object(shelf, digest).append(kSealed);
}

inline std::optional<Digest> parse_sealed_object(std::string_view path, Shelf shelf = Shelf::content) {
  if (!path.ends_with(kSealed)) return std::nullopt;
  return parse_object(shelf, path.substr(0, path.size() - kSealed.size()));
}

}  // namespace granary::blob::layout
