#include "mirror/description_head.h"

#include <algorithm>
#include <cstring>

#include "archive/gunzip.h"
#include "archive/tar.h"
#include "base/text.h"
#include "base/uri.h"
#include "r/cran_files.h"
#include "r/description.h"
#include "r/version.h"

namespace granary::mirror {
namespace {

/// Members that come before DESCRIPTION are passed over, not kept.
constexpr archive::Limits kLimits{
    .member_bytes = r::kMaxDescription, .total_bytes = 256ULL << 20, .entries = 20'000};

auto not_there(std::string_view package, const std::string& what) {
  return fail(Errc::corrupt, "the tarball of " + std::string(package) + " " + what,
              "ask the upstream's maintainers, or use another mirror");
}

}  // namespace

Result<std::string> read_description(const Context& ctx, const ByteSource& tarball, std::string_view package,
                                     std::string_view version) {
  const auto bytes = TRY(archive::gunzip_reader(ctx, tarball, kLimits));
  archive::TarReader tar(*bytes, kLimits);
  for (;;) {
    const auto entry = TRY(tar.next(ctx));
    if (!entry) return not_there(package, "has no DESCRIPTION");
    const auto slash = entry->path.find('/');
    if (entry->kind != archive::TarEntry::Kind::file || slash == std::string::npos ||
        std::string_view(entry->path).substr(slash + 1) != "DESCRIPTION")
      continue;
    const auto description = TRY(r::parse_description(TRY(tar.read_all(*entry))));
    if (description.package() != package || r::compare_versions(description.version(), version) != 0)
      return not_there(package, "holds " + r::single_line(description.package()) + ' ' +
                                    r::single_line(description.version()));
    return r::description_stanza(description.fields);
  }
}

Result<std::size_t> RemoteHead::read_at(std::uint64_t offset, std::span<std::byte> out) const {
  while (offset >= bytes_.size() && !whole_) TRY(extend());
  if (offset >= bytes_.size()) return std::size_t{0};
  const auto count = std::min<std::uint64_t>(out.size(), bytes_.size() - offset);
  std::memcpy(out.data(), bytes_.data() + offset, count);
  return static_cast<std::size_t>(count);
}

Result<> RemoteHead::extend() const {
  if (bytes_.size() >= kMost)
    return fail(Errc::too_large, "DESCRIPTION is not within the first " + human_size(kMost) + " of " + url_);
  upstream::Get get;
  get.url = percent_encode(url_, true);
  get.background = background_;
  get.limit = kMost + 1;
  const std::uint64_t begin = ranges_ ? bytes_.size() : 0, end = std::min(bytes_.size() + next_, kMost);
  get.range = {begin, end - begin};
  auto answer = client_->get(*ctx_, get);
  if (!answer && answer.error().code() == Errc::unsupported && begin > 0) {
    ranges_ = false;
    return {};  // once more, from the beginning
  }
  if (!answer && answer.error().code() == Errc::corrupt && begin > 0) {  // it had ended just there
    whole_ = true;
    return {};
  }
  if (!answer) return tl::unexpected(std::move(answer).error());
  if (looks_like_html(*answer))
    return fail(Errc::corrupt, "upstream answers with a web page for " + answer->url,
                "check the URL of the upstream, and what a proxy in between answers");
  if (answer->size) size_ = *answer->size;
  whole_ = answer->body.size() < end - begin;
  if (begin == 0) {
    bytes_ = std::move(answer->body);
  } else {
    bytes_ += answer->body;
  }
  if (size_ > 0 && bytes_.size() >= size_) whole_ = true;
  next_ *= 4;
  return {};
}

Result<DescribedFile> fetch_description(const Context& ctx, upstream::Client& client,
                                        const std::vector<std::string>& urls, std::string_view package,
                                        std::string_view version, bool background) {
  for (std::size_t i = 0;; ++i) {
    const RemoteHead head(ctx, client, urls[i], background);
    auto stanza = read_description(ctx, head, package, version);
    if (stanza) return DescribedFile{*std::move(stanza), head.size()};
    const bool elsewhere = stanza.error().code() == Errc::not_found && i + 1 < urls.size();
    if (!elsewhere) return tl::unexpected(std::move(stanza).error());
  }
}

}  // namespace granary::mirror
