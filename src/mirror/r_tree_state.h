#pragma once
/// What upstream said of the indexes of a tree of R packages when they were read last.

#include <string>
#include <string_view>

#include "upstream/client.h"

namespace granary::mirror {

struct RTreeState {
  upstream::Validators packages{}, current{}, archive{}, absences{}, titles{};
  bool operator==(const RTreeState&) const = default;
};

/// The key under which the source's state has it.
std::string validators_key(std::string_view tree);
std::string to_text(const RTreeState& state);
/// Of a text that is not one: nothing is known.
RTreeState parse_tree_state(std::string_view text);

}  // namespace granary::mirror
