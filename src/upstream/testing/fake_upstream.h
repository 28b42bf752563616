#pragma once
/// An upstream in memory: what lies under which path, and what goes wrong there. Safe for concurrent use.

#include <map>
#include <mutex>
#include <vector>

#include "base/hash.h"
#include "upstream/client.h"

namespace granary::upstream {

class FakeUpstream final : public Client {
 public:
  explicit FakeUpstream(std::string url = "http://upstream.test") : url_(std::move(url)) {}

  void put(const std::string& path, std::string bytes, std::vector<net::Header> headers = {}) {
    const std::lock_guard lock(mutex_);
    files_[path] = {std::move(bytes), std::move(headers)};
  }
  void remove(const std::string& path) {
    const std::lock_guard lock(mutex_);
    files_.erase(path);
  }
  /// Every request for the path fails like this; with an empty path, every request.
  void break_with(const std::string& path, Errc code) {
    const std::lock_guard lock(mutex_);
    broken_.insert_or_assign(path, code);
  }
  void repair() {
    const std::lock_guard lock(mutex_);
    broken_.clear();
  }
  /// What was asked for, relative to url(), in order.
  std::vector<std::string> requests() const {
    const std::lock_guard lock(mutex_);
    return requests_;
  }
  std::size_t count(const std::string& path) const {
    const std::lock_guard lock(mutex_);
    std::size_t n = 0;
    for (const auto& request : requests_) n += request == path;
    return n;
  }

  const std::string& url() const noexcept override { return url_; }

  Result<Answer> get(const Context& ctx, const Get& get) override {
    std::string body;
    auto answer = TRY(stream(
        ctx, get, [](const Answer&) { return Result<>(); },
        [&](ByteSpan bytes) -> Result<> {
          body += as_text(bytes);
          return {};
        }));
    answer.body = std::move(body);
    return answer;
  }

  Result<Answer> stream(const Context& ctx, const Get& get,
                        const std::function<Result<>(const Answer&)>& begin,
                        const std::function<Result<>(ByteSpan)>& sink) override {
    TRY(ctx.check());
    std::string path = get.url.starts_with(url_ + '/') ? get.url.substr(url_.size() + 1) : get.url;
    path.erase(0, std::min(path.find_first_not_of('/'), path.size()));
    File file;
    {
      const std::lock_guard lock(mutex_);
      requests_.push_back(path);
      for (const auto& key : {path, std::string()}) {
        if (const auto broken = broken_.find(key); broken != broken_.end())
          return fail(broken->second, "told to fail: " + url_ + '/' + path);
      }
      const auto found = files_.find(path);
      if (found == files_.end()) return fail(Errc::not_found, "upstream has no " + url_ + '/' + path);
      file = found->second;
    }
    Answer answer;
    answer.url = url_ + '/' + path;
    answer.headers = file.headers;
    answer.content_type = answer.header("Content-Type");
    answer.validators.etag = '"' + md5_hex(as_bytes(file.bytes)) + '"';
    answer.size = file.bytes.size();
    if (get.known.etag == answer.validators.etag) {
      answer.not_modified = true;
      return answer;
    }
    ByteSpan bytes = as_bytes(file.bytes);
    if (get.range) {
      if (get.range->first >= bytes.size()) return fail(Errc::corrupt, "shorter than expected: " + path);
      bytes = bytes.subspan(get.range->first)
                  .first(std::min<std::size_t>(get.range->size, bytes.size() - get.range->first));
      answer.partial = true;
    }
    if (bytes.size() > get.limit) return fail(Errc::too_large, "longer than expected: " + path);
    TRY(begin(answer));
    TRY(sink(bytes));
    return answer;
  }

 private:
  struct File {
    std::string bytes;
    std::vector<net::Header> headers;
  };
  const std::string url_;
  mutable std::mutex mutex_;
  std::map<std::string, File> files_;
  std::map<std::string, Errc> broken_;
  std::vector<std::string> requests_;
};

}  // namespace granary::upstream
