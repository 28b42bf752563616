#include "r/archive_index.h"

#include <array>
#include <string_view>

namespace granary::r {
namespace {

constexpr std::array<std::string_view, 10> kColumns = {"size",  "isdir", "mode", "mtime", "ctime",
                                                       "atime", "uid",   "gid",  "uname", "grname"};
constexpr std::array<std::string_view, 1> kOctmode = {"octmode"};
constexpr std::array<std::string_view, 2> kTimeClass = {"POSIXct", "POSIXt"};
constexpr std::array<std::string_view, 1> kDataFrame = {"data.frame"};
constexpr std::int32_t kFileMode = 0644;

void append_class(RdsWriter& out, std::span<const std::string_view> names) {
  out.attribute("class");
  out.strings(names);
  out.end_attributes();
}

void append_times(RdsWriter& out, const std::vector<IndexedFile>& files) {
  out.begin_doubles(files.size(), RdsWriter::kObject | RdsWriter::kAttributed);
  for (const auto& file : files) out.number(static_cast<double>(file.time.time_since_epoch().count()) / 1e6);
  append_class(out, kTimeClass);
}

void append_integers(RdsWriter& out, std::size_t count, std::int32_t value) {
  for (std::size_t i = 0; i < count; ++i) out.integer(value);
}

void append_unknown(RdsWriter& out, std::size_t count) {
  out.begin_strings(count);
  for (std::size_t i = 0; i < count; ++i) out.na_string();
}

void append_data_frame(RdsWriter& out, const std::vector<IndexedFile>& files) {
  const auto rows = files.size();
  out.begin_list(kColumns.size(), RdsWriter::kObject | RdsWriter::kAttributed);
  out.begin_doubles(rows);
  for (const auto& file : files) out.number(static_cast<double>(file.size));
  out.begin_logicals(rows);
  append_integers(out, rows, 0);
  out.begin_integers(rows, RdsWriter::kObject | RdsWriter::kAttributed);
  append_integers(out, rows, kFileMode);
  append_class(out, kOctmode);
  for (int i = 0; i < 3; ++i) append_times(out, files);  // mtime, ctime, atime
  for (int i = 0; i < 2; ++i) {                          // uid, gid
    out.begin_integers(rows);
    append_integers(out, rows, 0);
  }
  append_unknown(out, rows);  // uname
  append_unknown(out, rows);  // grname

  out.attribute("names");
  out.strings(kColumns);
  out.attribute("class");
  out.strings(kDataFrame);
  out.attribute("row.names");
  if (files.empty()) {
    out.begin_integers(0);
  } else {
    out.begin_strings(rows);
    for (const auto& file : files) out.string(file.path);
  }
  out.end_attributes();
}

}  // namespace

std::string archive_rds(const std::vector<ArchivedPackage>& packages, RdsVersion version) {
  RdsWriter out(version);
  out.begin_list(packages.size(), RdsWriter::kAttributed);
  for (const auto& package : packages) append_data_frame(out, package.files);
  out.attribute("names");
  out.begin_strings(packages.size());
  for (const auto& package : packages) out.string(package.package);
  out.end_attributes();
  return std::move(out).take();
}

std::string current_rds(const std::vector<IndexedFile>& files, RdsVersion version) {
  RdsWriter out(version);
  append_data_frame(out, files);
  return std::move(out).take();
}

}  // namespace granary::r
