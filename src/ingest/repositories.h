#pragma once
/// Keeping repositories and what they subscribe to: see Ingest.

#include "ingest/ingest.h"
#include "ingest/parts.h"

namespace granary::ingest {

Result<model::Repository> create_repository(Parts&, const Context&, const model::Repository& wanted,
                                            bool succeed_on_existing);
Result<model::Repository> edit_repository(Parts&, const Context&, std::string_view repository,
                                          const RepositoryChange& wanted);
Result<> delete_repository(Parts&, const Context&, std::string_view repository);
Result<model::Repository> subscribe(Parts&, const Context&, std::string_view repository,
                                    std::string_view source, bool succeed_on_existing);
Result<model::Repository> unsubscribe(Parts&, const Context&, std::string_view repository,
                                      std::string_view source);
Result<model::Repository> reorder(Parts&, const Context&, std::string_view repository,
                                  const std::vector<std::string>& sources);

}  // namespace granary::ingest
