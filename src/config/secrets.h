#pragma once
/// Settings of type secret that the file holds encrypted, and the key they are encrypted with.

#include <optional>

#include "base/encryption.h"
#include "config/settings.h"

namespace granary::config {

/// GRANARY_ENCRYPTION_KEY or PACKAGEMANAGER_ENCRYPTION_KEY (the key as hex), else the file
/// Server.EncryptionKeyPath. Absent when neither variable is set and there is no file at the default place.
Result<std::optional<EncryptionKey>> find_key(const Settings&, const Environment&);

/// Puts the plain text in place of each encrypted value. Errors name the setting and never show a value.
Result<> decrypt_secrets(Settings&, const std::optional<EncryptionKey>&);

}  // namespace granary::config
