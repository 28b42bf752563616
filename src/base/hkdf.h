#pragma once
/// Keys from keys: HKDF-SHA-256 (RFC 5869).

#include <string>
#include <string_view>

namespace granary {

/// 32 bytes, which is one block of it. An empty salt is one of zeros. `info` says what the key is for.
std::string hkdf_sha256(std::string_view material, std::string_view salt, std::string_view info);

/// Overwrites a secret that is no longer needed.
void wipe(std::string& secret) noexcept;

}  // namespace granary
