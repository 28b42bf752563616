#include "cli/upload_list.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <filesystem>

#include "base/text.h"

namespace granary::cli {
namespace {

namespace fs = std::filesystem;

bool named_like_a_package(std::string_view name) {
  constexpr std::array<std::string_view, 3> kEndings = {".tar.gz", ".whl", ".zip"};
  return !name.starts_with('.') &&
         std::any_of(kEndings.begin(), kEndings.end(), [&](auto ending) { return name.ends_with(ending); });
}

Result<> take_folder(const fs::path& folder, std::vector<UploadFile>& out) {
  std::error_code error;
  fs::recursive_directory_iterator at(folder, error), end;
  while (!error && at != end) {
    std::error_code ignored;
    const auto name = at->path().filename().string();
    if (at->is_regular_file(ignored) && named_like_a_package(name))
      out.push_back({at->path().string(), name, at->file_size(ignored)});
    at.increment(error);
  }
  if (error)
    return fail(Errc::invalid_argument,
                fmt::format("cannot read the folder {}: {}", folder.string(), error.message()),
                "check its permissions");
  return {};
}

}  // namespace

Result<std::vector<UploadFile>> files_to_upload(const std::vector<std::string>& paths) {
  std::vector<UploadFile> out;
  for (const auto& path : paths) {
    std::error_code error;
    const auto status = fs::status(path, error);
    if (!fs::exists(status))
      return fail(Errc::invalid_argument, fmt::format("there is no file or folder {}", path),
                  "check the path");
    if (fs::is_directory(status)) {
      const auto before = out.size();
      TRY(take_folder(path, out));
      if (out.size() == before)
        return fail(Errc::invalid_argument, fmt::format("no package is in the folder {}", path),
                    "packages end in .tar.gz, .whl or .zip");
    } else {
      out.push_back({path, fs::path(path).filename().string(), fs::file_size(path, error)});
    }
  }
  std::stable_sort(out.begin(), out.end(), [](const auto& a, const auto& b) { return a.path < b.path; });
  out.erase(
      std::unique(out.begin(), out.end(), [](const auto& a, const auto& b) { return a.path == b.path; }),
      out.end());
  return out;
}

std::vector<std::string> paths_in(const std::string& list) {
  std::vector<std::string> out;
  for (const auto line : split(list, '\n')) {
    const auto path = trim(line);
    if (!path.empty() && !path.starts_with('#')) out.emplace_back(path);
  }
  return out;
}

}  // namespace granary::cli
