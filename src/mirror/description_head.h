#pragma once
/// DESCRIPTION out of the first kilobytes of a package's tarball.

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.h"
#include "base/context.h"
#include "upstream/client.h"

namespace granary::mirror {

/// The stanza (r::description_stanza) of the DESCRIPTION of `package` in a gzipped tar, of which no more is
/// read than leads there. Errors: those of archive::TarReader; corrupt when it is another package's or
/// another version's, or is not there. Pure but for the source.
Result<std::string> read_description(const Context&, const ByteSource& tarball, std::string_view package,
                                     std::string_view version);

/// What lies upstream, from its first byte on: asked for piece by piece, each larger than the one before, as
/// far as it is read. An upstream without ranges is asked again from the beginning, and the transfer ended
/// when there is enough. Not beyond kMost. One thread.
class RemoteHead final : public ByteSource {
 public:
  static constexpr std::uint64_t kFirst = 32 << 10, kMost = 8 << 20;
  /// All must outlive it. `background`: held to the upstream's pace.
  RemoteHead(const Context& ctx, upstream::Client& client, std::string url, bool background)
      : ctx_(&ctx), client_(&client), url_(std::move(url)), background_(background) {}

  /// Of the whole file, once something was read; 0: upstream does not say.
  std::uint64_t size() const noexcept override { return size_; }
  Result<std::size_t> read_at(std::uint64_t offset, std::span<std::byte> out) const override;

 private:
  Result<> extend() const;

  const Context* ctx_;
  upstream::Client* client_;
  const std::string url_;
  const bool background_;
  mutable std::string bytes_;
  mutable std::uint64_t size_ = 0, next_ = kFirst;
  mutable bool whole_ = false, ranges_ = true;
};

struct DescribedFile {
  std::string stanza;
  std::uint64_t size = 0;  // of the tarball; 0: not known
};
/// From the first of the URLs (as upstream::Get has them) that there is. Errors as above and those of
/// upstream::Client.
Result<DescribedFile> fetch_description(const Context&, upstream::Client&,
                                        const std::vector<std::string>& urls, std::string_view package,
                                        std::string_view version, bool background);

}  // namespace granary::mirror
