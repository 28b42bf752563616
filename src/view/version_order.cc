#include "view/version_order.h"

#include "python/version.h"
#include "r/version.h"

namespace granary::view {

std::strong_ordering compare_versions(model::Ecosystem ecosystem, std::string_view a, std::string_view b) {
  return ecosystem != model::Ecosystem::python ? r::compare_versions(a, b) : python::compare_versions(a, b);
}

}  // namespace granary::view
