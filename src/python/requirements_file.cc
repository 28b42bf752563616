#include "python/requirements_file.h"

#include <algorithm>
#include <array>
#include <optional>

#include "base/text.h"
#include "python/requirement.h"

namespace granary::python {
namespace {

/// A '#' begins a comment at the start of a line and after white space.
std::string_view without_comment(std::string_view line) {
  for (std::size_t i = 0; i < line.size(); ++i) {
    if (line[i] == '#' && (i == 0 || line[i - 1] == ' ' || line[i - 1] == '\t')) return line.substr(0, i);
  }
  return line;
}

/// The value of `-r x`, `-rx`, `--requirement x` and `--requirement=x`.
std::optional<std::string> value_of(std::string_view line, std::string_view letter, std::string_view word) {
  if (line.starts_with(word)) {
    const auto rest = line.substr(word.size());
    if (rest.starts_with('=') || rest.starts_with(' ') || rest.starts_with('\t'))
      return std::string(trim(rest.substr(1)));
    return std::nullopt;
  }
  if (line.starts_with(letter)) return std::string(trim(line.substr(letter.size())));
  return std::nullopt;
}

/// Without " --hash=sha256:... --config-settings ...".
std::string_view without_options(std::string_view line) {
  const auto end = std::min(line.find(" --"), line.find("\t--"));
  return trim(line.substr(0, end));
}

bool is_place(std::string_view text) {
  constexpr std::array<std::string_view, 4> kArchives = {".whl", ".tar.gz", ".zip", ".tar.bz2"};
  const auto word = text.substr(0, text.find_first_of(" \t;"));
  return word.starts_with('.') || word.starts_with('/') || word.find("://") != word.npos ||
         std::any_of(kArchives.begin(), kArchives.end(), [&](auto end) { return word.ends_with(end); });
}

Result<> take(std::string_view line, std::size_t number, RequirementsFile& out) {
  if (line.empty()) return {};
  if (auto file = value_of(line, "-r", "--requirement")) {
    out.files.push_back(*std::move(file));
    return {};
  }
  if (auto file = value_of(line, "-c", "--constraint")) {
    out.constraints.push_back(*std::move(file));
    return {};
  }
  if (auto project = value_of(line, "-e", "--editable")) {
    out.skipped.push_back(*std::move(project));
    return {};
  }
  if (line.starts_with('-')) return {};  // --index-url, --require-hashes, ...: for pip
  const auto text = without_options(line);
  if (is_place(text)) {
    out.skipped.emplace_back(text);
    return {};
  }
  const auto read = parse_requirement(text);
  if (!read)
    return fail(Errc::invalid_argument, "line " + std::to_string(number) + ": " + read.error().message(),
                read.error().hint());
  out.requirements.emplace_back(text);
  return {};
}

}  // namespace

Result<RequirementsFile> parse_requirements_file(std::string_view text) {
  RequirementsFile out;
  if (text.starts_with("\xef\xbb\xbf")) text.remove_prefix(3);
  std::string whole;  // a line with those that continue it
  std::size_t number = 0, first = 0;
  for (auto line : split(text, '\n')) {
    ++number;
    if (whole.empty()) first = number;
    if (line.ends_with('\r')) line.remove_suffix(1);
    // A comment ends what goes on, as in pip.
    const bool comment = trim(line).starts_with('#');
    const bool goes_on = !comment && line.ends_with('\\');
    if (goes_on) line.remove_suffix(1);
    if (!comment) whole += (whole.empty() ? "" : " ") + std::string(line);
    if (goes_on) continue;
    TRY(take(trim(without_comment(whole)), first, out));
    whole.clear();
  }
  TRY(take(trim(without_comment(whole)), first, out));
  return out;
}

}  // namespace granary::python
