#pragma once
/// Keeping sources and repositories: see Ingest.

#include "ingest/ingest.h"
#include "ingest/parts.h"

namespace granary::ingest {

Result<model::Source> create_source(Parts&, const Context&, std::string_view name, model::SourceType,
                                    std::string_view description, bool succeed_on_existing);
Result<model::Source> edit_source(Parts&, const Context&, std::string_view source,
                                  const std::optional<std::string>& name,
                                  const std::optional<std::string>& description);
Result<bool> delete_source(Parts&, const Context&, std::string_view source);

}  // namespace granary::ingest
