#include "catalog/source_options.h"

#include <array>
#include <utility>

#include "base/json.h"
#include "base/time_text.h"

namespace granary::catalog {
namespace {

constexpr std::array<std::pair<std::string_view, std::string model::Upstream::*>, 5> kUpstream = {
    {{"url", &model::Upstream::url},
     {"proxy", &model::Upstream::proxy},
     {"ca_file", &model::Upstream::ca_file},
     {"user", &model::Upstream::user},
     {"password", &model::Upstream::password}}};

constexpr std::string_view kBuiltFrom = "built_from", kGit = "git";

}  // namespace

std::string_view stored_type(model::SourceType type) noexcept {
  if (type == model::SourceType::git) return name_of(model::SourceType::local);
  if (type == model::SourceType::git_python) return name_of(model::SourceType::local_python);
  return name_of(type);
}

std::string options_text(const model::Source& source) {
  if (source.upstream == model::Upstream{} && !source.frozen_at && !model::is_built(source.type)) return {};
  JsonWriter json;
  json.begin_object();
  if (model::is_built(source.type)) json.member(kBuiltFrom, kGit);
  for (const auto& [name, member] : kUpstream) {
    if (!(source.upstream.*member).empty()) json.member(name, source.upstream.*member);
  }
  if (source.frozen_at) {
    json.member("frozen_at", day_text(*source.frozen_at));
    json.member("frozen_of", source.frozen_of.value);
  }
  json.end_object();
  return std::move(json).take();
}

Result<> read_options(std::string_view text, model::Source& source) {
  if (text.empty()) return {};
  const auto json = Json::parse(text);
  if (!json)
    return fail(Errc::corrupt, "the database holds options of a source that cannot be read",
                "edit the source '" + source.name + "' again");
  for (const auto& [name, member] : kUpstream) source.upstream.*member = (*json)[name].string().value_or("");
  if (const auto day = (*json)["frozen_at"].string()) source.frozen_at = parse_day(*day);
  if ((*json)[kBuiltFrom].string() == kGit) {
    if (source.type == model::SourceType::local) source.type = model::SourceType::git;
    if (source.type == model::SourceType::local_python) source.type = model::SourceType::git_python;
  }
  source.frozen_of = {(*json)["frozen_of"].integer().value_or(0)};
  return {};
}

}  // namespace granary::catalog
