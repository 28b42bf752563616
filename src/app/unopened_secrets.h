#pragma once
/// What the database has sealed with another encryption key than this node's, after `serve --accept-key`.

#include <optional>

#include "base/context.h"
#include "base/encryption.h"
#include "build/credentials.h"
#include "catalog/catalog.h"

namespace granary::app {

/// One warning that names all of it and the commands that give it anew; nothing when there is none.
Result<> warn_of_unopened_secrets(const Context&, build::Credentials&, catalog::Catalog&,
                                  const std::optional<EncryptionKey>&);

}  // namespace granary::app
