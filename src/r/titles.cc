#include "r/titles.h"

#include <algorithm>
#include <map>

#include "base/text.h"
#include "r/dcf.h"
#include "r/description.h"
#include "r/names.h"
#include "r/rds_reader.h"
#include "r/tree_name.h"

namespace granary::r {
namespace {

/// CRAN's is some 6 MB packed and 70 MB unpacked: 24,000 rows of 67 columns.
constexpr RdsLimits kLimits{.bytes = 256 << 20, .values = 6'000'000, .depth = 16};
/// Titles are one line; CRAN's policy wants less than 65 characters.
constexpr std::size_t kTitleBytes = 512;
/// Of all of them, which are kept as one text: CRAN's take 1.4 MB.
constexpr std::size_t kAllBytes = 16 << 20;

using Titles = std::map<std::string, std::string, std::less<>>;

void add(Titles& titles, std::string_view package, std::string_view title) {
  if (!is_package_name(package)) return;
  auto line = to_utf8(single_line(title), "");
  const auto unfit = [](unsigned char c) { return c < ' ' || c == 0x7F; };
  if (line.empty() || line.size() > kTitleBytes || std::any_of(line.begin(), line.end(), unfit)) return;
  titles.try_emplace(std::string(package), std::move(line));
}

Result<std::string> lines_of(const Titles& titles) {
  std::string out;
  for (const auto& [package, title] : titles)
    out.append(package).append(1, '\t').append(title).append(1, '\n');
  if (out.size() > kAllBytes) return fail(Errc::too_large, "upstream has more titles than any repository");
  return out;
}

/// `rows` strings from `first` on.
struct Column {
  const RValue::Strings* values = nullptr;
  std::size_t first = 0, rows = 0;
};

Column column(const RValue& table, std::string_view name) {
  if (table.list() != nullptr) {  // a data frame
    const auto* values = table.element(name);
    if (values == nullptr || values->strings() == nullptr) return {};
    return {values->strings(), 0, values->strings()->size()};
  }
  const auto *dims = table.attribute("dim"), *names = table.attribute("dimnames");
  if (table.strings() == nullptr || dims == nullptr || dims->integers() == nullptr ||
      dims->integers()->size() != 2)
    return {};
  const auto rows = (*dims->integers())[0], columns = (*dims->integers())[1];
  if (names == nullptr || names->list() == nullptr || names->list()->size() != 2) return {};
  const auto* titles = (*names->list())[1].strings();
  if (rows < 0 || columns < 0 || titles == nullptr || titles->size() != static_cast<std::size_t>(columns))
    return {};
  const auto height = static_cast<std::size_t>(rows);
  if (table.strings()->size() != height * titles->size()) return {};
  for (std::size_t i = 0; i < titles->size(); ++i)
    if ((*titles)[i] == name) return {table.strings(), i * height, height};
  return {};
}

}  // namespace

Result<std::string> titles_in_packages_rds(std::string_view bytes) {
  const auto table = TRY(read_rds(bytes, kLimits));
  const auto packages = column(table, "Package"), titles = column(table, "Title");
  if (packages.values == nullptr || titles.values == nullptr || packages.rows != titles.rows)
    return fail(Errc::corrupt,
                "what upstream gave for packages.rds is no table of packages with their titles");
  Titles out;
  for (std::size_t i = 0; i < packages.rows; ++i) {
    const auto& package = (*packages.values)[packages.first + i];
    const auto& title = (*titles.values)[titles.first + i];
    if (package && title) add(out, *package, *title);
  }
  return lines_of(out);
}

Result<std::string> titles_in_views(std::string_view text) {
  Titles out;
  std::size_t records = 0, at = 0;
  while (at < text.size()) {
    const auto end = std::min(text.find("\n\n", at), text.size());
    const auto block = text.substr(at, end - at);
    at = end + 2;
    if (trim(block).empty()) continue;
    ++records;
    const auto read = parse_dcf(block, {.bytes = 1 << 20, .records = 1, .fields_per_record = 256});
    if (read && read->size() == 1) add(out, read->front().get("Package"), read->front().get("Title"));
  }
  if (records > 0 && out.empty())
    return fail(Errc::corrupt, "what upstream gave for VIEWS has no package with a title in it");
  return lines_of(out);
}

TitlesPath titles_path(std::string_view tree) {
  if (tree == kSourceTree) return {"web/packages/packages.rds", true};
  if (!tree.starts_with("packages/") || !tree.ends_with(kSourceTree)) return {};
  return {std::string(tree.substr(0, tree.size() - kSourceTree.size())) + "VIEWS", false};
}

std::string_view TitleReader::find(std::string_view package) {
  while (!rest_.empty()) {
    const auto line = rest_.substr(0, rest_.find('\n'));
    const auto tab = line.find('\t');
    const auto name = line.substr(0, tab);
    if (name > package) return {};
    rest_.remove_prefix(std::min(line.size() + 1, rest_.size()));
    if (name == package) return tab == std::string_view::npos ? std::string_view() : line.substr(tab + 1);
  }
  return {};
}

}  // namespace granary::r
