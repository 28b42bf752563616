#pragma once
/// Where things lie, in a folder and in a bucket: the only place that spells storage paths. Pure.
///
///   <root>/sha256/ab/abcd...   the bytes whose SHA-256 is abcd...
///   <root>/sha256/ab/abcd....sealed   bucket only: the same bytes, encrypted
///   <root>/tmp/...             being written; what is older than a day is left over from a killed process
///   <root>/probe/...           bucket only: written and removed by probe()

#include <optional>
#include <string>
#include <string_view>

#include "base/bytes.h"

namespace granary::blob::layout {

inline constexpr std::string_view kObjects = "sha256";
inline constexpr std::string_view kTemporary = "tmp";

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

inline constexpr std::string_view kSealed = ".sealed";

inline std::string sealed_object(const Digest& digest) { return object(digest).append(kSealed); }

inline std::optional<Digest> parse_sealed_object(std::string_view path) {
  if (!path.ends_with(kSealed)) return std::nullopt;
  return parse_object(path.substr(0, path.size() - kSealed.size()));
}

}  // namespace granary::blob::layout
