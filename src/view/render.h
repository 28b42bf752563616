#pragma once
/// Makes the encodings of a body.

#include <string>

#include "view/views.h"

namespace granary::view {

/// The entity tag is a hash of the content, so that a page which a change did not touch keeps it.
Rendered encode(std::string body, bool compressible);
std::size_t weight_of(const Rendered& rendered);

}  // namespace granary::view
