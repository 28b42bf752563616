#include "r/cran_files.h"

#include <algorithm>
#include <array>
#include <cmath>

#include "base/bytes.h"
#include "base/text.h"
#include "base/time_text.h"
#include "r/names.h"
#include "r/packages_index.h"
#include "r/rds_reader.h"
#include "r/version.h"

namespace granary::r {
namespace {

constexpr std::size_t kExamples = 10;
constexpr std::size_t kShown = 60;
constexpr std::size_t kRecordBytes = 256 << 10;  // some packages depend on hundreds
constexpr std::size_t kRecords = 500'000;
constexpr std::size_t kNameBytes = 255;
/// CRAN's archive.rds is some 50 MB unpacked, half of it the heads of its data frames.
constexpr RdsLimits kMetaLimits{.bytes = 256 << 20, .values = 80'000'000, .depth = 16};

/// Calls `each` with every record's text.
template <class Each>
Result<> for_each_block(std::string_view text, const Each& each) {
  std::size_t begin = 0, at = 0, records = 0;
  const auto close = [&](std::size_t end) -> Result<> {
    const auto block = begin < end ? text.substr(begin, end - begin) : std::string_view();
    if (trim(block).empty()) return {};
    if (++records > kRecords) return fail(Errc::too_large, "the index has more records than any repository");
    each(block);
    return {};
  };
  while (at < text.size()) {
    const auto end = std::min(text.find('\n', at), text.size());
    if (trim(text.substr(at, end - at)).empty()) {
      TRY(close(at));
      begin = end + 1;
    }
    at = end + 1;
  }
  return close(text.size());
}

/// Of a record that cannot be read: the package that it says it is of; empty when it says none.
std::string name_in(std::string_view block) {
  for (const auto line : split(block, '\n')) {
    if (!line.starts_with("Package:")) continue;
    const auto name = trim(line.substr(line.find(':') + 1));
    return is_package_name(name) ? std::string(name) : "";
  }
  return "";
}

std::string shown(std::string_view block) { return "'" + single_line(block.substr(0, kShown)) + "'"; }

bool is_path(std::string_view folder) {
  if (folder.size() > kNameBytes) return false;
  const auto parts = split(folder, '/');
  return std::all_of(parts.begin(), parts.end(), [](std::string_view part) {
    return !part.empty() && part != "." && part != ".." &&
           std::all_of(part.begin(), part.end(),
                       [](unsigned char c) { return c > ' ' && c < 0x7F && c != '\\'; });
  });
}

bool is_file_name(std::string_view name) { return is_path(name) && name.find('/') == std::string_view::npos; }

std::optional<std::string> md5_of(const DcfRecord& record) {
  for (const auto* field : {"MD5sum", "Hash"}) {  // sources; binaries of some servers
    auto text = lower(record.get(field));
    if (text.size() == 32 && unhex(text)) return text;
  }
  return std::nullopt;
}

std::optional<ListedPackage> listed(const DcfRecord& record, std::string_view extension) {
  ListedPackage out;
  out.package = record.get("Package");
  auto& version = out.version;
  version.version = record.get("Version");
  version.folder = record.get("Path");
  if (!is_package_name(out.package) || !Version::parse(version.version)) return std::nullopt;
  if (!version.folder.empty() && !is_path(version.folder)) return std::nullopt;
  auto file = std::string(record.get("File"));
  const auto plain = out.package + "_" + version.version + std::string(extension);
  if (!file.empty() && !is_file_name(file)) return std::nullopt;
  if (file.empty()) file = plain;
  if (file != source_file_name(out.package, version.version)) version.file_name = file;
  version.md5 = md5_of(record).value_or("");
  version.stanza = packages_stanza(record);
  if (const auto day = parse_day(record.get("Published").substr(0, 10))) out.published = Time(*day);
  return out;
}

void append_line(std::string& out, std::string_view field, std::string_view value) {
  const auto line = single_line(value);
  if (line.empty() || field.empty()) return;
  out.append(to_utf8(field, "")).append(": ").append(to_utf8(line, "")).append(1, '\n');
}

// What file.info() says about the rows of one data frame.
struct Frame {
  const RValue::Strings* names = nullptr;
  const RValue::Doubles *mtime = nullptr, *ctime = nullptr, *sizes = nullptr;
  const RValue::Integers* whole_sizes = nullptr;
  std::size_t rows = 0;
};

std::optional<Frame> frame_of(const RValue& value) {
  Frame frame;
  const auto* rows = value.attribute("row.names");
  const auto* mtime = value.element("mtime");
  const auto* ctime = value.element("ctime");
  const auto* sizes = value.element("size");
  if (rows == nullptr || mtime == nullptr || mtime->doubles() == nullptr) return std::nullopt;
  frame.mtime = mtime->doubles();
  frame.names = rows->strings();
  if (frame.names == nullptr) {  // a frame without rows has integers there
    if (!frame.mtime->empty()) return std::nullopt;
    return frame;
  }
  frame.rows = frame.names->size();
  if (frame.mtime->size() != frame.rows) return std::nullopt;
  if (ctime != nullptr && ctime->doubles() != nullptr && ctime->doubles()->size() == frame.rows)
    frame.ctime = ctime->doubles();
  if (sizes != nullptr && sizes->doubles() != nullptr && sizes->doubles()->size() == frame.rows)
    frame.sizes = sizes->doubles();
  if (sizes != nullptr && sizes->integers() != nullptr && sizes->integers()->size() == frame.rows)
    frame.whole_sizes = sizes->integers();
  return frame;
}

std::optional<Time> time_of(double seconds) {
  constexpr double kFirst = 0, kLast = 32503680000;  // 1970 to 3000
  if (!(seconds > kFirst && seconds < kLast)) return std::nullopt;
  return Time(Time::duration(std::llround(seconds * 1e6)));
}

void append_files(const Frame& frame, std::vector<DatedFile>& out, Skipped& skipped) {
  for (std::size_t i = 0; i < frame.rows; ++i) {
    const std::string_view path = (*frame.names)[i] ? std::string_view(*(*frame.names)[i]) : "";
    const auto slash = path.rfind('/');
    const auto name = slash == std::string_view::npos ? path : path.substr(slash + 1);
    auto parsed = parse_source_file_name(name);
    const auto published = time_of((*frame.mtime)[i]);
    if (!parsed || !published || !Version::parse(parsed->version)) {
      if (name.ends_with(".tar.gz")) skipped.add("the file '" + std::string(path.substr(0, kShown)) + "'");
      continue;  // else README and the like: Archive has anything
    }
    DatedFile file;
    file.package = std::move(parsed->package);
    file.version = std::move(parsed->version);
    if (slash != std::string_view::npos) file.folder = path.substr(0, slash);
    file.published = *published;
    file.moved = frame.ctime != nullptr ? time_of((*frame.ctime)[i]).value_or(*published) : *published;
    if (frame.sizes != nullptr && (*frame.sizes)[i] > 0 && (*frame.sizes)[i] < 1e12)
      file.size = static_cast<std::uint64_t>((*frame.sizes)[i]);
    if (frame.whole_sizes != nullptr && (*frame.whole_sizes)[i] > 0)
      file.size = static_cast<std::uint64_t>((*frame.whole_sizes)[i]);
    out.push_back(std::move(file));
  }
}

struct Event {
  std::chrono::sys_days day;
  bool back = false;
  auto operator<=>(const Event&) const = default;
};

/// "Archived on 2020-05-01", "removed on ...", "Unarchived on ...", in any case.
void find_events(std::string_view text, std::vector<Event>& out) {
  struct Word {
    std::string_view text;
    bool back;
  };
  static constexpr std::array<Word, 4> kWords = {{{"unarchived on ", true},
                                                  {"archived on ", false},
                                                  {"removed on ", false},
                                                  {"back on cran on ", true}}};
  const auto small = lower(single_line(text));
  for (std::size_t at = 0; at < small.size(); ++at) {
    if (at > 0 && std::isalnum(static_cast<unsigned char>(small[at - 1])) != 0) continue;
    for (const auto& word : kWords) {
      if (small.compare(at, word.text.size(), word.text) != 0) continue;
      if (const auto day = parse_day(std::string_view(small).substr(at + word.text.size()).substr(0, 10)))
        out.push_back({*day, word.back});
    }
  }
}

}  // namespace

void Skipped::add(std::string what) {
  if (count++ < kExamples) examples.push_back(std::move(what));
}

std::string packages_stanza(const DcfRecord& record) {
  std::string out;
  for (const auto& [field, value] : record.fields()) {
    if (field == "File" || field == "Path" || field == "MD5sum") continue;
    append_line(out, field, value);
  }
  return out;
}

std::string description_stanza(const DcfRecord& description) {
  std::string out;
  for (const auto field : kPackagesFields) {
    if (field == "File" || field == "Path" || field == "MD5sum") continue;
    append_line(out, field, description.get(field));
  }
  append_line(out, "Title", description.get("Title"));
  return out;
}

Result<std::vector<ListedPackage>> parse_packages(std::string_view text, std::string_view extension,
                                                  Skipped& skipped) {
  constexpr DcfLimits kLimits{.bytes = kRecordBytes, .records = 1, .fields_per_record = 64};
  std::vector<ListedPackage> out;
  std::size_t blocks = 0;
  TRY(for_each_block(text, [&](std::string_view block) {
    ++blocks;
    auto records = parse_dcf(block, kLimits);
    std::optional<ListedPackage> row;
    if (records && records->size() == 1) row = listed(records->front(), extension);
    if (row) {
      out.push_back(std::move(*row));
    } else {
      if (auto name = name_in(block); !name.empty()) {
        skipped.packages.push_back(std::move(name));
      } else {
        ++skipped.nameless;
      }
      skipped.add("the record " + shown(block) + (records ? "" : ": " + records.error().message()));
    }
  }));
  if (blocks > 0 && out.empty())
    return fail(Errc::corrupt,
                "what upstream gave for PACKAGES has no record of a package in it: " + shown(text),
                "check the URL of the upstream, and what a proxy in between answers");
  return out;
}

Result<std::vector<DatedFile>> parse_current_rds(std::string_view bytes, Skipped& skipped) {
  const auto value = TRY(read_rds(bytes, kMetaLimits));
  const auto frame = frame_of(value);
  if (!frame) return fail(Errc::corrupt, "what upstream gave for Meta/current.rds is no table of files");
  std::vector<DatedFile> out;
  out.reserve(frame->rows);
  append_files(*frame, out, skipped);
  return out;
}

Result<std::vector<DatedFile>> parse_archive_rds(std::string_view bytes, Skipped& skipped) {
  const auto value = TRY(read_rds(bytes, kMetaLimits));
  const auto* packages = value.list();
  if (packages == nullptr || value.attribute("row.names") != nullptr)
    return fail(Errc::corrupt, "what upstream gave for Meta/archive.rds is no list of tables of files");
  std::vector<DatedFile> out;
  std::size_t frames = 0;
  for (const auto& package : *packages) {
    if (const auto frame = frame_of(package)) {
      ++frames;
      append_files(*frame, out, skipped);
    } else {
      skipped.add("an element of Meta/archive.rds that is no table of files");
    }
  }
  if (frames == 0 && !packages->empty())
    return fail(Errc::corrupt, "what upstream gave for Meta/archive.rds is no list of tables of files");
  for (auto& file : out) file.folder.clear();  // "A3/": the package's own
  return out;
}

std::map<std::string, std::vector<Withdrawal>> parse_packages_in(std::string_view text) {
  std::map<std::string, std::vector<Withdrawal>> out;
  (void)for_each_block(text, [&](std::string_view block) {
    const auto records = parse_dcf(block, {.bytes = kRecordBytes, .records = 1, .fields_per_record = 64});
    if (!records || records->size() != 1) return;
    const auto& record = records->front();
    std::vector<Event> events;
    find_events(record.get("X-CRAN-Comment"), events);
    find_events(record.get("X-CRAN-History"), events);
    std::sort(events.begin(), events.end());
    std::vector<Withdrawal> absences;
    for (const auto& event : events) {
      const bool away = !absences.empty() && !absences.back().to;
      if (event.back && away) {
        absences.back().to = Time(event.day);
      } else if (!event.back && !away) {
        absences.push_back({"", Time(event.day), std::nullopt});
      }
    }
    if (!absences.empty()) out.insert_or_assign(std::string(record.get("Package")), std::move(absences));
  });
  return out;
}

}  // namespace granary::r
