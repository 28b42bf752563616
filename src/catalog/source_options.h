#pragma once
/// What only some types of sources have, as the JSON text of one column.

#include <string>
#include <string_view>

#include "base/result.h"
#include "model/types.h"

namespace granary::catalog {

/// What the column of the type says. A source whose packages are built is a local one to versions that know
/// no builders; these serve it as it is. docs/adr/0029-builds-from-git.md
std::string_view stored_type(model::SourceType type) noexcept;
/// Empty when the source has none of them.
std::string options_text(const model::Source& source);
/// Sets upstream, frozen_at, frozen_of, and the type where the stored one says less. Members that this
/// version does not know are left out.
Result<> read_options(std::string_view text, model::Source& source);

}  // namespace granary::catalog
