#include "python/metadata.h"

#include <algorithm>
#include <array>
#include <utility>

#include "base/text.h"
#include "python/name.h"
#include "python/specifier.h"
#include "python/version.h"

namespace granary::python {
namespace {

struct SingleField {
  std::string_view name;
  std::string CoreMetadata::* member;
};
constexpr std::array<SingleField, 16> kSingle = {{
    {"Metadata-Version", &CoreMetadata::metadata_version},
    {"Name", &CoreMetadata::name},
    {"Version", &CoreMetadata::version},
    {"Summary", &CoreMetadata::summary},
    {"Description", &CoreMetadata::description},
    {"Description-Content-Type", &CoreMetadata::description_content_type},
    {"Keywords", &CoreMetadata::keywords},
    {"Home-page", &CoreMetadata::home_page},
    {"Download-URL", &CoreMetadata::download_url},
    {"Author", &CoreMetadata::author},
    {"Author-email", &CoreMetadata::author_email},
    {"Maintainer", &CoreMetadata::maintainer},
    {"Maintainer-email", &CoreMetadata::maintainer_email},
    {"License", &CoreMetadata::license},
    {"License-Expression", &CoreMetadata::license_expression},
    {"Requires-Python", &CoreMetadata::requires_python},
}};

struct RepeatedField {
  std::string_view name;
  std::vector<std::string> CoreMetadata::* member;
};
constexpr std::array<RepeatedField, 10> kRepeated = {{
    {"Classifier", &CoreMetadata::classifiers},
    {"Platform", &CoreMetadata::platforms},
    {"Supported-Platform", &CoreMetadata::supported_platforms},
    {"Requires-Dist", &CoreMetadata::requires_dist},
    {"Requires-External", &CoreMetadata::requires_external},
    {"Provides-Extra", &CoreMetadata::provides_extra},
    {"Provides-Dist", &CoreMetadata::provides_dist},
    {"Obsoletes-Dist", &CoreMetadata::obsoletes_dist},
    {"Dynamic", &CoreMetadata::dynamic},
    {"License-File", &CoreMetadata::license_files},
}};

/// The next line without its end; `text` moves behind it.
std::string_view take_line(std::string_view& text) noexcept {
  const auto end = text.find_first_of("\r\n");
  const auto line = text.substr(0, end);
  if (end == std::string_view::npos) {
    text = {};
  } else {
    text.remove_prefix(text.substr(end).starts_with("\r\n") ? end + 2 : end + 1);
  }
  return line;
}

bool is_header(std::string_view line) noexcept {
  const auto colon = line.find(':');
  if (colon == std::string_view::npos || colon == 0) return false;
  return std::all_of(line.begin(), line.begin() + static_cast<std::ptrdiff_t>(colon),
                     [](char c) { return c > ' ' && c < 0x7F; });
}

/// Older tools indent the lines of a long value by 8 spaces, or by 7 and a bar.
std::string_view without_indent(std::string_view line) noexcept {
  std::size_t spaces = 0;
  while (spaces < line.size() && spaces < 8 && (line[spaces] == ' ' || line[spaces] == '\t')) ++spaces;
  if (spaces == 7 && line.size() > 7 && line[7] == '|') return line.substr(8);
  return line.substr(spaces);
}

struct Reading {
  CoreMetadata fields;
  std::array<unsigned, kSingle.size()> seen{};
};

void store(Reading& reading, std::string_view name, std::string value) {
  value = std::string(trim(value));
  for (std::size_t i = 0; i < kSingle.size(); ++i) {
    if (!equals_ignore_case(name, kSingle[i].name)) continue;
    // The first counts, as it does for clients.
    if (++reading.seen[i] == 1 && value != "UNKNOWN") reading.fields.*kSingle[i].member = std::move(value);
    return;
  }
  if (value.empty() || value == "UNKNOWN") return;
  if (equals_ignore_case(name, "Project-URL")) {
    const auto comma = value.find(',');
    if (comma == std::string::npos) {
      reading.fields.project_urls.emplace_back("", std::move(value));
    } else {
      reading.fields.project_urls.emplace_back(trim(std::string_view(value).substr(0, comma)),
                                               trim(std::string_view(value).substr(comma + 1)));
    }
    return;
  }
  for (const auto& field : kRepeated)
    if (equals_ignore_case(name, field.name))
      return (reading.fields.*field.member).push_back(std::move(value));
}

Reading read(std::string_view text) {
  Reading reading;
  if (text.starts_with("\xEF\xBB\xBF")) text.remove_prefix(3);
  std::string_view name;
  std::string value;
  const auto finish = [&] {
    if (!name.empty()) store(reading, name, std::exchange(value, {}));
    name = {};
  };
  while (!text.empty()) {
    const auto before = text;
    const auto line = take_line(text);
    if (line.empty()) break;
    if ((line[0] == ' ' || line[0] == '\t') && !name.empty()) {
      value += '\n';
      value += without_indent(line);
      continue;
    }
    finish();
    if (!is_header(line)) {
      text = before;  // a missing blank line: the description begins here
      break;
    }
    const auto colon = line.find(':');
    name = line.substr(0, colon);
    value = line.substr(colon + 1);
  }
  finish();
  if (!trim(text).empty()) reading.fields.description = text;
  return reading;
}

}  // namespace

CoreMetadata read_metadata(std::string_view text) { return std::move(read(text).fields); }

Result<CoreMetadata> parse_metadata(std::string_view text) {
  if (text.size() > kLargestMetadata)
    return fail(Errc::too_large, "the metadata is larger than " + human_size(kLargestMetadata),
                "shorten the description of the project");
  auto [fields, seen] = read(text);
  for (std::size_t i = 0; i < 3; ++i) {  // Metadata-Version, Name, Version
    const std::string name(kSingle[i].name);
    if ((fields.*kSingle[i].member).empty())
      return fail(Errc::invalid_argument, "the metadata has no " + name,
                  "build the distribution again with a current tool, such as python -m build");
    if (seen[i] > 1)
      return fail(Errc::invalid_argument, "the metadata has " + name + " more than once",
                  "leave one of them");
  }
  if (!is_valid_name(fields.name))
    return fail(Errc::invalid_argument, "'" + fields.name + "' is not a valid name for a project",
                "use letters, digits, '.', '-' and '_', beginning and ending with a letter or digit");
  if (!Version::parse(fields.version))
    return fail(Errc::invalid_argument, "'" + fields.version + "' is not a valid version",
                "write it as PEP 440 says, for example: 1.2.3 or 1.2.3rc1");
  TRY(check_specifiers(fields.requires_python));
  return std::move(fields);
}

}  // namespace granary::python
