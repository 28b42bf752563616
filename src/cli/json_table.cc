#include "cli/json_table.h"

#include <fmt/format.h>

#include "cli/table.h"

namespace granary::cli {

std::string cell_of(const Json& json, std::string_view name) {
  const Json& value = json[name];
  if (const auto text = value.string()) return std::string(*text);
  if (const auto number = value.integer()) return std::to_string(*number);
  if (const auto yes = value.boolean()) return *yes ? "yes" : "no";
  return {};
}

std::string rows_of(const Json& json, const std::vector<std::string>& head,
                    const std::vector<std::string_view>& names, std::string_view none) {
  if (json.items().empty()) return std::string(none) + "\n";
  std::vector<std::vector<std::string>> rows;
  for (const auto& item : json.items()) {
    auto& row = rows.emplace_back();
    for (const auto name : names) row.push_back(cell_of(item, name));
  }
  return table(head, rows);
}

std::string facts_of(const Json& json,
                     const std::vector<std::pair<std::string_view, std::string_view>>& names) {
  std::string out;
  for (const auto& [label, name] : names)
    out += fmt::format("{:<18}{}\n", std::string(label) + ":", cell_of(json, name));
  return out;
}

}  // namespace granary::cli
