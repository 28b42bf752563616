#pragma once
/// The names of one source, out of the catalog or out of a mirrored tree.

#include "base/context.h"
#include "catalog/catalog.h"
#include "view/names.h"
#include "view/r_tree.h"

namespace granary::view {

/// Names alone, of a source of one's own or of an index.
Result<SourceNames> read_names(catalog::ReadView&, const model::Pin&);
/// Of a source of one's own, each with the Title or the Summary of its newest file. Reads all of its files.
Result<SourceNames> read_titled_names(const Context&, catalog::ReadView&, const model::Pin&);
/// What a pin shows of its tree. The title is that of the version, once its DESCRIPTION was read, else the
/// one that upstream has now (catalog::titles_key).
Result<SourceNames> read_names(const RTree&, const model::Pin&, std::string_view titles);

}  // namespace granary::view
