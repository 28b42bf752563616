#include "mirror/fetch_order.h"

#include <array>
#include <utility>

#include "base/json.h"
#include "base/text.h"

namespace granary::mirror {
namespace {

constexpr std::string_view kNewest = "newest";

void list(JsonWriter& json, std::string_view name, const std::vector<std::string>& values) {
  if (values.empty()) return;
  json.key(name);
  json.begin_array();
  for (const auto& value : values) json.value(value);
  json.end_array();
}

std::vector<std::string> texts(const Json& json, std::string_view name) {
  std::vector<std::string> out;
  for (const auto& one : json[name].items()) out.emplace_back(one.string().value_or(""));
  return out;
}

/// Absent for none; 0: every version. An error when it is neither.
Result<std::optional<std::uint64_t>> parse_setting(std::string_view text) {
  const auto plain = lower(trim(text));
  if (plain.empty() || plain == "none") return std::optional<std::uint64_t>();
  if (plain == "all") return std::optional<std::uint64_t>(0);
  if (plain.starts_with(kNewest)) {
    const auto count = parse_unsigned(trim(std::string_view(plain).substr(kNewest.size())));
    if (count && *count > 0) return std::optional(*count);
  }
  return fail(Errc::invalid_argument, "'" + std::string(text.substr(0, 80)) + "' says nothing to fetch",
              "write none, all, or how many versions of each package: newest 1");
}

const std::string& setting_of(const FetchSettings& settings, model::SourceType type) {
  if (type == model::SourceType::pypi) return settings.pypi;
  return type == model::SourceType::bioconductor ? settings.bioconductor : settings.cran;
}

}  // namespace

std::string to_text(const FetchOrder& order) {
  JsonWriter json;
  json.begin_object();
  list(json, "sources", order.sources);
  if (order.all) json.member("all", true);
  list(json, "packages", order.packages);
  list(json, "constraints", order.constraints);
  if (order.newest > 0) json.member("newest", order.newest);
  if (!order.dependencies) json.member("dependencies", false);
  list(json, "dates", order.dates);
  if (!order.latest) json.member("latest", false);
  list(json, "trees", order.trees);
  if (!order.python.empty()) json.member("python", order.python);
  list(json, "platforms", order.platforms);
  if (order.dry_run) json.member("dryrun", true);
  json.end_object();
  return std::move(json).take();
}

Result<FetchOrder> parse_fetch_order(std::string_view text) {
  const auto json = Json::parse(text);
  if (!json || !json->is_object() || texts(*json, "sources").empty())
    return fail(Errc::invalid_argument, "the job does not say what to fetch", "order it with: granary fetch");
  FetchOrder out;
  out.sources = texts(*json, "sources");
  out.all = (*json)["all"].boolean().value_or(false);
  out.packages = texts(*json, "packages");
  out.constraints = texts(*json, "constraints");
  const auto newest = (*json)["newest"].integer().value_or(0);
  out.newest = newest > 0 ? static_cast<std::uint64_t>(newest) : 0;
  out.dependencies = (*json)["dependencies"].boolean().value_or(true);
  out.dates = texts(*json, "dates");
  out.latest = (*json)["latest"].boolean().value_or(true);
  out.trees = texts(*json, "trees");
  out.python = (*json)["python"].string().value_or("");
  out.platforms = texts(*json, "platforms");
  out.dry_run = (*json)["dryrun"].boolean().value_or(false);
  return out;
}

Result<> check(const FetchSettings& settings) {
  const std::array<std::pair<std::string_view, const std::string*>, 3> all = {
      {{"CRAN", &settings.cran}, {"PyPI", &settings.pypi}, {"Bioconductor", &settings.bioconductor}}};
  for (const auto& [section, text] : all) {
    if (const auto read = parse_setting(*text); !read)
      return fail(Errc::invalid_argument, std::string(section) + ".Fetch: " + read.error().message(),
                  read.error().hint());
  }
  return {};
}

std::optional<FetchOrder> order_of(const FetchSettings& settings, const model::Source& source) {
  const auto newest = parse_setting(setting_of(settings, source.type));
  if (!newest || !*newest) return std::nullopt;
  FetchOrder order;
  order.sources = {source.name};
  order.all = true;
  order.newest = **newest;
  order.dependencies = false;
  return order;
}

}  // namespace granary::mirror
