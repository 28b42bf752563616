#pragma once
/// The tables of every component.

#include <vector>

#include "db/database.h"

namespace granary::app {

/// In the order in which they are applied.
std::vector<db::Migration> migrations();

}  // namespace granary::app
