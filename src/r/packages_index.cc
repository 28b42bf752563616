#include "r/packages_index.h"

#include <algorithm>

#include "r/names.h"

namespace granary::r {
namespace {

constexpr std::size_t kPackage = 0;
constexpr std::size_t kVersion = 1;
constexpr std::size_t kMd5 = 13;
constexpr std::size_t kFile = 15;
constexpr std::size_t kNowhere = SIZE_MAX;
static_assert(kPackagesFields[kPackage] == "Package" && kPackagesFields[kVersion] == "Version" &&
              kPackagesFields[kMd5] == "MD5sum" && kPackagesFields[kFile] == "File");

}  // namespace

void PackagesIndex::put(Row& row, std::size_t column, std::string_view value) {
  GRANARY_ASSERT(pool_.size() + value.size() <= UINT32_MAX);
  row[column] = {static_cast<std::uint32_t>(pool_.size()), static_cast<std::uint32_t>(value.size())};
  pool_ += value;
}

void PackagesIndex::add(const Description& description, std::string_view md5, std::string_view file_name) {
  Row row;
  for (std::size_t i = 0; i < kPackagesFields.size(); ++i) {
    if (i == kMd5) {
      put(row, i, md5);
    } else if (i == kFile) {
      if (file_name == source_file_name(description.package(), description.version())) continue;
      put(row, i, file_name);
      names_files_ = names_files_ || !file_name.empty();
    } else {
      put(row, i, single_line(description.get(kPackagesFields[i])));
    }
  }
  rows_.push_back(row);
}

void PackagesIndex::add(std::string_view package, std::string_view version, std::string_view stanza,
                        std::string_view md5, std::string_view file_name, std::string_view folder) {
  Row row;
  while (!stanza.empty()) {
    const auto end = stanza.find('\n');
    const auto line = stanza.substr(0, end);
    stanza.remove_prefix(end == std::string_view::npos ? stanza.size() : end + 1);
    const auto colon = line.find(": ");
    if (colon == std::string_view::npos) continue;
    const auto column = column_of(line.substr(0, colon));
    if (column != kNowhere) put(row, column, line.substr(colon + 2));
  }
  put(row, kPackage, package);
  put(row, kVersion, version);
  put(row, kMd5, md5);
  put(row, kFile, file_name == source_file_name(package, version) ? "" : file_name);
  put(row, kPath, folder);
  names_files_ = names_files_ || row[kFile].size > 0;
  has_paths_ = has_paths_ || !folder.empty();
  rows_.push_back(row);
}

std::size_t PackagesIndex::column_of(std::string_view field) {
  for (std::size_t i = 0; i < kPackagesFields.size(); ++i) {
    if (field == kPackagesFields[i]) return i;
  }
  if (field == "Title" || field == "Path") return kNowhere;  // no column; apart
  for (std::size_t i = 0; i < further_.size(); ++i) {
    if (field == further_[i]) return kPath + 1 + i;
  }
  if (further_.size() == kFurther) return kNowhere;
  further_.emplace_back(field);
  return kPath + further_.size();
}

std::string_view PackagesIndex::name_of(std::size_t column) const {
  if (column < kPath) return kPackagesFields[column];
  return column == kPath ? std::string_view("Path") : std::string_view(further_[column - kPath - 1]);
}

std::vector<std::size_t> PackagesIndex::columns() const {
  std::vector<std::size_t> all;
  for (std::size_t i = 0; i < kFile; ++i) all.push_back(i);
  if (names_files_) all.push_back(kFile);
  if (has_paths_) all.push_back(kPath);
  for (std::size_t i = 0; i < further_.size(); ++i) all.push_back(kPath + 1 + i);
  return all;
}

void PackagesIndex::sort() {
  std::stable_sort(rows_.begin(), rows_.end(),
                   [&](const Row& a, const Row& b) { return at(a, kPackage) < at(b, kPackage); });
}

std::string PackagesIndex::text() const {
  const auto shown = columns();
  std::string out;
  out.reserve(pool_.size() * 2);
  for (const auto& row : rows_) {
    if (!out.empty()) out += '\n';
    for (const auto column : shown) {
      if (row[column].size > 0) append_dcf_field(out, name_of(column), at(row, column));
    }
  }
  return out;
}

std::string PackagesIndex::rds(RdsVersion version) const {
  const auto shown = columns();
  RdsWriter out(version);
  out.begin_strings(rows_.size() * shown.size(), RdsWriter::kAttributed);
  for (const auto i : shown) {
    for (const auto& row : rows_) {
      if (row[i].size > 0) {
        out.string(at(row, i));
      } else {
        out.na_string();
      }
    }
  }
  out.attribute("dim");
  out.begin_integers(2);
  out.integer(static_cast<std::int32_t>(rows_.size()));
  out.integer(static_cast<std::int32_t>(shown.size()));
  out.attribute("dimnames");
  out.begin_list(2);
  if (rows_.empty()) {
    out.null();
  } else {
    out.begin_strings(rows_.size());
    for (const auto& row : rows_) out.string(at(row, kPackage));
  }
  std::vector<std::string_view> names;
  for (const auto column : shown) names.push_back(name_of(column));
  out.strings(names);
  out.end_attributes();
  return std::move(out).take();
}

}  // namespace granary::r
