#pragma once
/// tar as bundles have it: plain files one after the other (POSIX ustar), of which each lies at a known place
/// in a file that can be sought. For archives of strangers there is tar.h.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/bytes.h"

namespace granary::archive {

/// 512 bytes. Of a path that is too long for ustar the last part is cut at its front. Sizes from 8 GiB on are
/// written as GNU tar does.
std::string ustar_head(std::string_view path, std::uint64_t size);
/// What follows the bytes of a member.
std::string ustar_padding(std::uint64_t size);
/// What follows the last member.
std::string ustar_end();

struct UstarMember {
  std::string path;
  std::uint64_t offset = 0, size = 0;  // of its bytes in the archive
  std::uint64_t next = 0;              // where the head of the next one begins
};
/// The member whose head begins at `at`; absent at the end of the archive. Errc::corrupt for what is no such
/// archive, or is cut off.
Result<std::optional<UstarMember>> read_ustar(const ByteSource& archive, std::uint64_t at);

/// A part of a source, which must outlive it.
class PartOfSource final : public ByteSource {
 public:
  PartOfSource(const ByteSource& whole, std::uint64_t offset, std::uint64_t size)
      : whole_(&whole), offset_(offset), size_(size) {}
  std::uint64_t size() const noexcept override { return size_; }
  Result<std::size_t> read_at(std::uint64_t offset, std::span<std::byte> out) const override;

 private:
  const ByteSource* whole_;
  std::uint64_t offset_, size_;
};

}  // namespace granary::archive
