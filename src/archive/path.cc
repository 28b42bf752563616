#include "archive/path.h"

#include <algorithm>

#include "base/text.h"

namespace granary::archive {

namespace {

constexpr std::string_view kRebuild = "build the archive again with the standard tool of its language";

bool has_drive_letter(std::string_view path) {
  if (path.size() < 2 || path[1] != ':') return false;
  const char letter = static_cast<char>(path[0] | 0x20);
  return letter >= 'a' && letter <= 'z';
}

bool is_control(char c) {
  const auto u = static_cast<unsigned char>(c);
  return u < 0x20 || u == 0x7f;
}

}  // namespace

std::string shown(std::string_view text) {
  std::string out(text.substr(0, 100));
  for (char& c : out) {
    if (is_control(c) || static_cast<unsigned char>(c) >= 0x80) c = '?';
  }
  return out;
}

Result<std::string> clean_path(std::string_view raw, std::uint64_t limit) {
  if (raw.empty())
    return fail(Errc::invalid_argument, "a member of the archive has no name", std::string(kRebuild));
  if (raw.size() > limit) {
    return fail(Errc::too_large,
                "a member's name has more than " + std::to_string(limit) + " bytes: '" + shown(raw) + "...'",
                "shorten the names of the files inside");
  }
  if (std::any_of(raw.begin(), raw.end(), is_control)) {
    return fail(Errc::invalid_argument, "a member's name holds a control character: '" + shown(raw) + "'",
                std::string(kRebuild));
  }
  if (raw.front() == '/' || has_drive_letter(raw)) {
    return fail(Errc::invalid_argument, "a member's name is an absolute path: '" + shown(raw) + "'",
                std::string(kRebuild));
  }
  if (raw.find('\\') != std::string_view::npos) {
    return fail(Errc::invalid_argument, "a member's name holds a backslash: '" + shown(raw) + "'",
                std::string(kRebuild));
  }
  std::string clean;
  for (const auto part : split(raw, '/')) {
    if (part.empty() || part == ".") continue;
    if (part == "..") {
      return fail(Errc::invalid_argument,
                  "a member's name leads outside of the archive: '" + shown(raw) + "'",
                  std::string(kRebuild));
    }
    if (!clean.empty()) clean += '/';
    clean += part;
  }
  return clean;
}

Result<> check_symlink(std::string_view path, std::string_view target) {
  const auto outside = [&] {
    return fail(Errc::invalid_argument,
                "the link '" + shown(path) + "' leads outside of the archive: '" + shown(target) + "'",
                "replace the link by the file it stands for and build the archive again");
  };
  if (target.empty() || target.front() == '/' || has_drive_letter(target) ||
      target.find('\\') != std::string_view::npos || std::any_of(target.begin(), target.end(), is_control)) {
    return outside();
  }
  auto above = std::count(path.begin(), path.end(), '/');
  bool named = false;
  for (const auto part : split(target, '/')) {
    if (part.empty() || part == ".") continue;
    if (part != "..") {
      named = true;
      continue;
    }
    // "a/.." may be anywhere when a is a link itself.
    if (named || above-- == 0) return outside();
  }
  return {};
}

void note_top(std::vector<std::string>& tops, std::string_view path) {
  const auto top = path.substr(0, path.find('/'));
  if (top.empty() || tops.size() >= 8 || std::find(tops.begin(), tops.end(), top) != tops.end()) return;
  tops.emplace_back(top);
}

}  // namespace granary::archive
