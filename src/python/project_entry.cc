#include "python/project_entry.h"

#include <algorithm>

#include "python/filename.h"

namespace granary::python {

namespace {

constexpr std::size_t kMostUnreadable = 100;

/// Sets version and kind. False when it is no wheel or sdist of that project.
bool describe_by_name(UpstreamFile& file, std::string_view project) {
  if (file.filename.ends_with(".whl")) {
    auto wheel = parse_wheel_filename(file.filename);
    if (!wheel || wheel->project != project) return false;
    file.wheel = true;
    file.version = std::move(wheel->version_text);
    return true;
  }
  auto sdist = parse_sdist_filename(file.filename, project);
  if (!sdist || sdist->project != project) return false;
  file.version = std::move(sdist->version_text);
  return true;
}

/// Takes "#sha256=..." or "#md5=..." off the URL.
void take_fragment(UpstreamFile& file) {
  const auto hash = file.url.find('#');
  if (hash == std::string::npos) return;
  const std::string fragment = file.url.substr(hash + 1);
  file.url.resize(hash);
  if (fragment.starts_with("sha256=")) {
    file.sha256 = Digest::parse(std::string_view(fragment).substr(7));
  } else if (fragment.starts_with("md5=") && is_hex(std::string_view(fragment).substr(4), 16)) {
    file.md5 = fragment.substr(4);
  }
}

}  // namespace

void leave_out(ReadPage& page, const UpstreamFile& file) {
  ++page.left_out;
  if (page.unreadable.size() < kMostUnreadable) page.unreadable.push_back(file.filename);
}

Result<> add_file(ReadPage& page, UpstreamFile file, std::string_view project) {
  take_fragment(file);
  if (!describe_by_name(file, project)) {
    ++page.left_out;
    return {};
  }
  if (file.url.empty()) {
    leave_out(page, file);
    return {};
  }
  if (page.project.files.size() >= kMostFilesOfPage)
    return fail(Errc::too_large, "the project has more than " + std::to_string(kMostFilesOfPage) + " files");
  page.project.files.push_back(std::move(file));
  return {};
}

bool is_hex(std::string_view text, std::size_t bytes) noexcept {
  return text.size() == 2 * bytes && std::all_of(text.begin(), text.end(), [](char c) {
           return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f');
         });
}

}  // namespace granary::python
