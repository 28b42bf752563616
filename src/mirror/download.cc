#include "mirror/download.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <vector>

#include "archive/gunzip.h"
#include "base/file.h"
#include "base/json.h"
#include "base/text.h"
#include "net/url.h"

namespace granary::mirror {
namespace {

constexpr std::uint64_t kLargestFile = std::uint64_t{64} << 30;

/// The file, and behind it the bytes that are still held back.
class WholeFile final : public ByteSource {
 public:
  WholeFile(UniqueFd fd, std::uint64_t size, ByteSpan held)
      : front_(std::move(fd), size - held.size()), held_(held) {}
  std::uint64_t size() const noexcept override { return front_.size() + held_.size(); }
  Result<std::size_t> read_at(std::uint64_t offset, std::span<std::byte> out) const override {
    if (offset < front_.size()) return front_.read_at(offset, out);
    const auto rest = held_.subspan(std::min<std::uint64_t>(offset - front_.size(), held_.size()));
    const auto count = std::min(rest.size(), out.size());
    std::copy_n(rest.begin(), count, out.begin());
    return count;
  }

 private:
  const FileSource front_;
  const ByteSpan held_;
};

}  // namespace

Result<> Download::fetch(const Context& ctx, upstream::Client& client) {
  upstream::Get get;
  get.background = background_;
  get.limit = expected_.size.value_or(expected_.document ? kLargestDocument : kLargestFile);
  auto outcome = Result<>(fail(Errc::not_found, "upstream gives no URL of '" + record_.filename + "'"));
  for (const auto& url : record_.origin->urls) {
    url_ = get.url = url;
    auto answer = client.stream(
        ctx, get, [&](const upstream::Answer& head) { return begin(head); },
        [&](ByteSpan bytes) { return take(bytes); });
    if (answer) return end(ctx);
    if (answer.error().code() == Errc::too_large && (expected_.size || expected_.document))
      return wrong("is longer");
    outcome = tl::unexpected(std::move(answer).error());
    if (outcome.error().code() != Errc::not_found) break;
  }
  return outcome;
}

Result<> Download::begin(const upstream::Answer& head) {
  if (head.size && expected_.size && *head.size != *expected_.size)
    return wrong("has " + std::to_string(*head.size) + " bytes, not " + std::to_string(*expected_.size));
  auto spool = TRY(anonymous_file(spool_));
  file_ = std::make_shared<GrowingFile>(std::move(spool), head.size ? head.size : expected_.size);
  shown_.emplace(file_);
  hasher_.emplace(expected_.sha256 ? HashKind::sha256 : HashKind::md5);
  return {};
}

Result<> Download::take(ByteSpan bytes) {
  const bool first = shown_->received() == 0;
  if (first && !fits_name(record_.filename, as_text(bytes))) return wrong("is no such archive");
  hasher_->update(bytes);
  TRY(shown_->write(bytes));
  if (has_no_hash()) last_ = as_text(bytes);
  if (first && !expected_.document) started_(file_);  // of a document nothing is shown that was not read
  return {};
}

Result<> Download::end(const Context& ctx) {
  if (size() == 0) return wrong("is empty");
  if (expected_.size && size() != *expected_.size)
    return wrong("has " + std::to_string(size()) + " bytes, not " + std::to_string(*expected_.size));
  const auto got = hex(as_bytes(hasher_->finish()));
  if (expected_.sha256 && got != expected_.sha256->hex())
    return wrong("has the SHA-256 " + got + ", not " + expected_.sha256->hex());
  if (!expected_.sha256 && !expected_.md5.empty() && got != lower(expected_.md5))
    return wrong("has the MD5 " + got + ", not " + expected_.md5);
  if (has_no_hash()) TRY(check_gzip(ctx));
  if (!expected_.sha256) md5_ = got;
  TRY(shown_->release());
  if (expected_.document) TRY(check_document());
  file_->finish();
  if (expected_.document) started_(file_);
  return {};
}

Result<> Download::check_document() const {
  std::string text(size(), '\0');
  std::size_t at = 0;
  while (at < text.size()) {
    const auto got = ::pread(file_->fd(), text.data() + at, text.size() - at, static_cast<off_t>(at));
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) return system_error(got < 0 ? errno : EIO, "read a fetched document again");
    at += static_cast<std::size_t>(got);
  }
  const auto json = Json::parse(text);
  if (!json || !json->is_object()) return wrong("is no JSON");
  return {};
}

Result<> Download::check_gzip(const Context& ctx) const {
  if (!record_.filename.ends_with(".gz") && !record_.filename.ends_with(".tgz")) return {};
  UniqueFd copy(::fcntl(file_->fd(), F_DUPFD_CLOEXEC, 0));
  if (!copy) return system_error(errno, "open a fetched file again");
  const WholeFile packed(std::move(copy), size(), as_bytes(last_));
  const auto reader = TRY(archive::gunzip_reader(ctx, packed, {}));
  std::vector<std::byte> buffer(256 << 10);
  for (;;) {
    const auto got = reader->read(buffer);
    if (!got && got.error().code() == Errc::corrupt) return wrong("is damaged: " + got.error().message());
    if (!got && got.error().code() == Errc::too_large) return {};  // nobody's bomb but the client's
    if (TRY(Result<std::size_t>(got)) == 0) return {};
  }
}

tl::unexpected<Error> Download::wrong(const std::string& how) const {
  auto error =
      fail(Errc::unavailable, "upstream sends another '" + record_.filename + "' than it says: it " + how,
           "nothing was kept; try again later: upstream may be in the middle of an update");
  return tl::unexpected<Error>(std::move(error.value()).note("from " + net::printable_url(url_)));
}

bool fits_name(std::string_view filename, std::string_view first) noexcept {
  const auto begins = [&](std::string_view magic) {
    return first.substr(0, magic.size()) == magic.substr(0, first.size());
  };
  if (filename.ends_with(".gz") || filename.ends_with(".tgz")) return begins("\x1f\x8b");
  if (filename.ends_with(".whl") || filename.ends_with(".zip") || filename.ends_with(".egg"))
    return begins("PK");
  if (filename.ends_with(".bz2")) return begins("BZh");
  if (filename.ends_with(".xz"))
    return begins(
        "\xfd"
        "7zXZ");
  return !starts_with_ignore_case(trim(first), "<!doctype html") &&
         !starts_with_ignore_case(trim(first), "<html");
}

}  // namespace granary::mirror
