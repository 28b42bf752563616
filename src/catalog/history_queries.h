#pragma once
/// The SQL behind ReadView::moments and for_each_package_change.

#include <cstdint>
#include <vector>

#include "catalog/history.h"
#include "db/database.h"

namespace granary::catalog {

Result<std::vector<Moment>> read_moments(db::Session&, model::SourceId, model::TxNo from,
                                         std::uint32_t limit);
Result<> for_each_package_change(db::Session&, model::SourceId, model::TxNo after,
                                 const EachPackageChange& each);

}  // namespace granary::catalog
