#include "r/packages_index.h"

#include <algorithm>

#include "r/names.h"

namespace granary::r {
namespace {

constexpr std::size_t kPackage = 0;
constexpr std::size_t kMd5 = 13;
constexpr std::size_t kFile = 15;
static_assert(kPackagesFields[kPackage] == "Package" && kPackagesFields[kMd5] == "MD5sum" &&
              kPackagesFields[kFile] == "File");

}  // namespace

void PackagesIndex::add(const Description& description, std::string_view md5, std::string_view file_name) {
  Row row;
  for (std::size_t i = 0; i < row.size(); ++i) {
    std::string value;
    if (i == kMd5) {
      value = md5;
    } else if (i == kFile) {
      if (file_name != source_file_name(description.package(), description.version())) value = file_name;
      names_files_ = names_files_ || !value.empty();
    } else {
      value = single_line(description.get(kPackagesFields[i]));
    }
    GRANARY_ASSERT(pool_.size() + value.size() <= UINT32_MAX);
    row[i] = {static_cast<std::uint32_t>(pool_.size()), static_cast<std::uint32_t>(value.size())};
    pool_ += value;
  }
  rows_.push_back(row);
}

void PackagesIndex::sort() {
  std::stable_sort(rows_.begin(), rows_.end(),
                   [&](const Row& a, const Row& b) { return at(a, kPackage) < at(b, kPackage); });
}

std::string PackagesIndex::text() const {
  std::string out;
  for (const auto& row : rows_) {
    if (!out.empty()) out += '\n';
    for (std::size_t i = 0; i < row.size(); ++i) {
      if (row[i].size > 0) append_dcf_field(out, kPackagesFields[i], at(row, i));
    }
  }
  return out;
}

std::string PackagesIndex::rds(RdsVersion version) const {
  const std::size_t columns = names_files_ ? kPackagesFields.size() : kPackagesFields.size() - 1;
  RdsWriter out(version);
  out.begin_strings(rows_.size() * columns, RdsWriter::kAttributed);
  for (std::size_t i = 0; i < columns; ++i) {
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
  out.integer(static_cast<std::int32_t>(columns));
  out.attribute("dimnames");
  out.begin_list(2);
  if (rows_.empty()) {
    out.null();
  } else {
    out.begin_strings(rows_.size());
    for (const auto& row : rows_) out.string(at(row, kPackage));
  }
  out.strings(std::span(kPackagesFields).first(columns));
  out.end_attributes();
  return std::move(out).take();
}

}  // namespace granary::r
