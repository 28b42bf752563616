#include "mirror/r_tree_state.h"

#include <array>

#include "base/json.h"

namespace granary::mirror {
namespace {

struct Part {
  const char* name;
  upstream::Validators RTreeState::* validators;
};
constexpr std::array<Part, 5> kParts = {{{"packages", &RTreeState::packages},
                                         {"current", &RTreeState::current},
                                         {"archive", &RTreeState::archive},
                                         {"absences", &RTreeState::absences},
                                         {"titles", &RTreeState::titles}}};

}  // namespace

std::string validators_key(std::string_view tree) { return "validators:" + std::string(tree); }

std::string to_text(const RTreeState& state) {
  JsonWriter json;
  json.begin_object();
  for (const auto& part : kParts) {
    const auto& known = state.*part.validators;
    json.key(part.name);
    json.begin_object();
    json.member("etag", known.etag);
    json.member("last_modified", known.last_modified);
    json.end_object();
  }
  json.end_object();
  return std::move(json).take();
}

RTreeState parse_tree_state(std::string_view text) {
  RTreeState state;
  const auto json = Json::parse(text);
  if (!json) return state;
  for (const auto& part : kParts) {
    const auto& said = (*json)[part.name];
    auto& known = state.*part.validators;
    known.etag = said["etag"].string().value_or("");
    known.last_modified = said["last_modified"].string().value_or("");
  }
  return state;
}

}  // namespace granary::mirror
