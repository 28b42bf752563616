#pragma once
/// A full disk: work that would go on filling it must stop, where any other error of a single file need not.

#include <string_view>

#include "base/result.h"

namespace granary {

/// The hint of system_error() for ENOSPC and EDQUOT.
inline constexpr std::string_view kFreeSpace = "free space on the disk of Server.DataDir, then try again";
/// Whether that was said.
inline bool says_disk_full(const Error& error) noexcept { return error.hint() == kFreeSpace; }

}  // namespace granary
