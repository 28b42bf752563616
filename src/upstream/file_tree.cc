#include "upstream/file_tree.h"

#include <fcntl.h>
#include <sys/stat.h>

#include <algorithm>
#include <filesystem>
#include <vector>

#include "base/file.h"
#include "base/text.h"
#include "base/time_text.h"
#include "base/uri.h"

namespace granary::upstream {
namespace {

constexpr std::string_view kScheme = "file://";

/// The path that a file: URL means (RFC 8089), without a way out of the tree.
std::optional<std::string> path_of(std::string_view url) {
  if (!starts_with_ignore_case(url, kScheme)) return std::nullopt;
  url.remove_prefix(kScheme.size());
  if (starts_with_ignore_case(url, "localhost/")) url.remove_prefix(std::string_view("localhost").size());
  auto path = percent_decode(url.substr(0, url.find_first_of("?#")));
  if (!path || !path->starts_with('/')) return std::nullopt;
  for (const auto part : split(*path, '/')) {
    if (part == "..") return std::nullopt;
  }
  return path;
}

/// What may be read: below the root; of an index of Python, whose pages link to a folder beside it, below the
/// folder that has both.
std::string_view reach_of(std::string_view folder) noexcept {
  constexpr std::string_view kIndex = "/simple";
  return folder.ends_with(kIndex) ? folder.substr(0, folder.size() - kIndex.size()) : folder;
}

/// What answers for a folder, as web servers have it and mirrors of PyPI write it. Empty: none.
std::string index_of(const std::string& folder) {
  for (const char* name : {"index.v1_json", "index.json", "index.html"}) {
    auto path = folder + name;
    struct stat status{};
    if (::stat(path.c_str(), &status) == 0 && S_ISREG(status.st_mode)) return path;
  }
  return {};
}

/// Links to what is in a folder.
Result<Answer> list_folder(const std::string& folder, const std::string& url, const Get& get,
                           const std::function<Result<>(const Answer&)>& begin,
                           const std::function<Result<>(ByteSpan)>& sink) {
  std::vector<std::string> names;
  std::error_code error;
  for (auto at = std::filesystem::directory_iterator(folder, error);
       !error && at != std::filesystem::directory_iterator(); at.increment(error)) {
    std::error_code ignored;
    names.push_back(at->path().filename().string() + (at->is_directory(ignored) ? "/" : ""));
  }
  if (error) return fail(Errc::not_found, "upstream has no " + url);
  std::sort(names.begin(), names.end());
  std::string page = "<!DOCTYPE html><html><body>\n";
  for (const auto& name : names)
    page += "<a href=\"" + percent_encode(name, true) + "\">" + html_escape(name) + "</a>\n";
  page += "</body></html>\n";
  if (page.size() > get.limit) return fail(Errc::too_large, url + " is longer than " + human_size(get.limit));
  Answer answer;
  answer.url = url;
  answer.size = page.size();
  answer.content_type = "text/html";
  TRY(begin(answer));
  TRY(sink(as_bytes(page)));
  return answer;
}

}  // namespace

Result<Answer> read_from_tree(const Context& ctx, const std::string& root, const std::string& url,
                              const Get& get, const std::function<Result<>(const Answer&)>& begin,
                              const std::function<Result<>(ByteSpan)>& sink) {
  const auto folder = path_of(root);
  auto path = path_of(url);
  if (!folder || !path || !path->starts_with(std::string(reach_of(*folder)) + '/'))
    return fail(Errc::invalid_argument, "not below the upstream's folder: " + url,
                "upstreams that are folders may only name files within them");
  if (path->ends_with('/')) {
    if (auto index = index_of(*path); !index.empty()) {
      path = std::move(index);
    } else if (std::error_code none; std::filesystem::is_directory(*path, none)) {
      return list_folder(*path, url, get, begin, sink);
    }
  }
  const UniqueFd fd(::open(path->c_str(), O_RDONLY | O_CLOEXEC));
  const int refused = fd ? 0 : errno;
  struct stat status{};
  if (!fd || ::fstat(fd.get(), &status) != 0 || !S_ISREG(status.st_mode)) {
    struct stat of_root{};
    if (::stat(folder->c_str(), &of_root) != 0)
      return fail(Errc::unavailable, "cannot read the upstream's folder " + *folder,
                  "check that it is there and may be read by this server");
    if (refused == EACCES)
      return fail(Errc::unavailable, "may not read " + *path, "let this server's user read it");
    return fail(Errc::not_found, "upstream has no " + url);
  }

  Answer answer;
  const auto size = static_cast<std::uint64_t>(status.st_size);
  answer.url = url;
  answer.size = size;
  answer.validators.etag = '"' + std::to_string(status.st_mtim.tv_sec) + '.' +
                           std::to_string(status.st_mtim.tv_nsec) + '-' + std::to_string(size) + '"';
  answer.validators.last_modified =
      http_date(std::chrono::sys_seconds(std::chrono::seconds(status.st_mtim.tv_sec)));
  if (!get.known.etag.empty() && get.known.etag == answer.validators.etag) {
    answer.not_modified = true;
    return answer;
  }
  std::uint64_t at = 0, end = size;
  if (get.range) {
    if (get.range->first >= size) return fail(Errc::corrupt, "shorter than expected: " + url);
    at = get.range->first;
    end = std::min(size, at + get.range->size);
    answer.partial = true;
  }
  if (end - at > get.limit) return fail(Errc::too_large, url + " is longer than " + human_size(get.limit));
  TRY(begin(answer));
  std::vector<char> chunk(256 * 1024);
  while (at < end) {
    TRY(ctx.check());
    const auto n = ::pread(fd.get(), chunk.data(), std::min<std::uint64_t>(chunk.size(), end - at),
                           static_cast<off_t>(at));
    if (n < 0) return system_error(errno, "read " + *path);
    if (n == 0) return fail(Errc::unavailable, "became shorter while it was read: " + url, "try again");
    TRY(sink(as_bytes({chunk.data(), static_cast<std::size_t>(n)})));
    at += static_cast<std::uint64_t>(n);
  }
  return answer;
}

}  // namespace granary::upstream
