#pragma once
/// How one's own source came to be what it is: its transactions, and which packages each of them touched.
/// Who keeps this in memory answers for any snapshot without asking again.

#include <functional>
#include <string_view>

#include "base/clock.h"
#include "base/result.h"
#include "model/types.h"

namespace granary::catalog {

/// A transaction of a source. Times do not go back as numbers go up.
struct Moment {
  model::TxNo number;
  Time at{};
};

/// At `at` one file of the package came (+1) or went (-1).
struct PackageChange {
  std::string_view package;  // valid inside the callback
  model::TxNo at;
  int files = 0;
};
using EachPackageChange = std::function<Result<>(const PackageChange&)>;

}  // namespace granary::catalog
