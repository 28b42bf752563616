#include "python/filename.h"

#include <algorithm>

#include "base/text.h"
#include "python/name.h"

namespace granary::python {
namespace {

constexpr std::size_t kLongest = 255;  // what file systems and object stores take

bool is_alphanumeric(char c) noexcept {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

tl::unexpected<Error> bad(std::string_view filename, std::string why, std::string hint) {
  return fail(Errc::invalid_argument, "'" + std::string(filename) + "' " + std::move(why), std::move(hint));
}

constexpr std::string_view kWheelHint =
    "a wheel is named {name}-{version}(-{build})-{python}-{abi}-{platform}.whl: build it again with a "
    "current tool";
constexpr std::string_view kSdistHint =
    "an sdist is named {name}-{version}.tar.gz: build it again with a current tool";

Result<> check_characters(std::string_view filename, std::string_view hint) {
  if (filename.empty()) return fail(Errc::invalid_argument, "the file has no name", std::string(hint));
  if (filename.size() > kLongest)
    return fail(Errc::invalid_argument, "the file name is longer than 255 characters", std::string(hint));
  const bool good = std::all_of(filename.begin(), filename.end(), [](char c) {
    return is_alphanumeric(c) || c == '-' || c == '_' || c == '.' || c == '+' || c == '!';
  });
  if (!good || filename[0] == '.')
    return fail(Errc::invalid_argument, "the file name has a character that no distribution has",
                std::string(hint));
  return {};
}

/// Empty when a component is empty or has a character that tags do not have.
std::vector<std::string> read_tags(std::string_view set) {
  std::vector<std::string> tags;
  for (const auto tag : split(set, '.')) {
    if (tag.empty() ||
        !std::all_of(tag.begin(), tag.end(), [](char c) { return is_alphanumeric(c) || c == '_'; }))
      return {};
    tags.emplace_back(tag);
  }
  return tags;
}

}  // namespace

Result<WheelName> parse_wheel_filename(std::string_view filename) {
  const std::string hint(kWheelHint);
  TRY(check_characters(filename, kWheelHint));
  if (!filename.ends_with(".whl")) return bad(filename, "does not end with .whl", hint);
  const auto parts = split(filename.substr(0, filename.size() - 4), '-');
  if (parts.size() != 5 && parts.size() != 6)
    return bad(filename, "has " + std::to_string(parts.size()) + " parts between dashes instead of 5 or 6",
               hint);

  WheelName wheel;
  wheel.name = parts[0];
  if (wheel.name.find("__") != std::string::npos || !is_valid_name(wheel.name))
    return bad(filename, "begins with a name that is not escaped as PEP 427 says", hint);
  wheel.project = normalize_name(wheel.name);
  wheel.version_text = parts[1];
  auto version = Version::parse(parts[1]);
  if (!version) return bad(filename, "has '" + wheel.version_text + "' where the version belongs", hint);
  wheel.version = std::move(*version);
  if (parts.size() == 6) {
    if (parts[2].empty() || parts[2][0] < '0' || parts[2][0] > '9')
      return bad(filename, "has a build tag that does not begin with a digit", hint);
    wheel.build = std::string(parts[2]);
  }
  wheel.pythons = read_tags(parts[parts.size() - 3]);
  wheel.abis = read_tags(parts[parts.size() - 2]);
  wheel.platforms = read_tags(parts[parts.size() - 1]);
  if (wheel.pythons.empty() || wheel.abis.empty() || wheel.platforms.empty())
    return bad(filename, "has an empty or broken compatibility tag", hint);
  return wheel;
}

Result<SdistName> parse_sdist_filename(std::string_view filename, std::string_view expected_project) {
  const std::string hint(kSdistHint);
  TRY(check_characters(filename, kSdistHint));
  SdistName sdist;
  for (const std::string_view extension : {".tar.gz", ".zip"})
    if (filename.ends_with(extension)) sdist.extension = extension;
  if (sdist.extension.empty()) return bad(filename, "does not end with .tar.gz or .zip", hint);
  const auto stem = filename.substr(0, filename.size() - sdist.extension.size());

  auto dash = stem.rfind('-');
  if (!expected_project.empty()) {
    const auto wanted = normalize_name(expected_project);
    for (auto at = stem.find('-'); at != std::string_view::npos; at = stem.find('-', at + 1)) {
      if (normalize_name(stem.substr(0, at)) != wanted || !Version::parse(stem.substr(at + 1))) continue;
      dash = at;
      break;
    }
  }
  if (dash == std::string_view::npos) return bad(filename, "has no dash between name and version", hint);
  sdist.name = stem.substr(0, dash);
  sdist.version_text = stem.substr(dash + 1);
  if (!is_valid_name(sdist.name)) return bad(filename, "does not begin with the name of a project", hint);
  sdist.project = normalize_name(sdist.name);
  auto version = Version::parse(sdist.version_text);
  if (!version) return bad(filename, "has '" + sdist.version_text + "' where the version belongs", hint);
  sdist.version = std::move(*version);
  return sdist;
}

}  // namespace granary::python
