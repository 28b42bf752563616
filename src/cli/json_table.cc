#include "cli/json_table.h"

#include <fmt/format.h>

#include "cli/table.h"

namespace granary::cli {
namespace {

struct Append {
  JsonWriter* out;
  void operator()(std::monostate) const { out->null(); }
  void operator()(const Json::Array& items) const {
    out->begin_array();
    for (const auto& item : items) std::visit(*this, item.value_);
    out->end_array();
  }
  void operator()(const Json::Object& members) const {
    out->begin_object();
    for (const auto& [name, value] : members) {
      out->key(name);
      std::visit(*this, value.value_);
    }
    out->end_object();
  }
  void operator()(const auto& plain) const { out->value(plain); }
};

}  // namespace

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

std::string json_text(const Json& json) {
  JsonWriter out;
  std::visit(Append{&out}, json.value_);
  return std::move(out).take();
}

}  // namespace granary::cli
