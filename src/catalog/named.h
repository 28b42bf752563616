#pragma once
/// What somebody names, and what is said when it is not there. Everybody says it in the same words.

#include <optional>
#include <string_view>

#include "catalog/catalog.h"

namespace granary::catalog {

/// Errc::not_found, for those who looked elsewhere than in a view.
tl::unexpected<Error> no_source(std::string_view name_or_id);
tl::unexpected<Error> no_repository(std::string_view name_or_id);

/// By name or id, as the views find them; Errc::not_found when there is none.
Result<model::Source> source_named(ReadView&, std::string_view name_or_id);
Result<model::Source> source_named(Catalog&, const Context&, std::string_view name_or_id);
Result<model::Repository> repository_named(ReadView&, std::string_view name_or_id);

/// For who makes one and is content when it is there; absent: make it. Errc::conflict when it is there and of
/// another type.
Result<std::optional<model::Source>> source_of_type(ReadView&, std::string_view name, model::SourceType);
Result<std::optional<model::Repository>> repository_of_type(ReadView&, std::string_view name,
                                                            model::Ecosystem);

}  // namespace granary::catalog
