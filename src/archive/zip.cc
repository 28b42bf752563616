#include "archive/zip.h"

#include <libdeflate.h>

#include <algorithm>
#include <memory>
#include <optional>

#include "archive/path.h"
#include "base/text.h"

namespace granary::archive {

namespace {

constexpr std::uint64_t kEndSize = 22, kEnd64Size = 56, kLocatorSize = 20, kCentralSize = 46, kLocalSize = 30;
constexpr std::uint32_t kAll32 = 0xffffffff;
constexpr std::uint16_t kEncrypted = 1 << 0 | 1 << 6 | 1 << 13, kDescriptor = 1 << 3;
constexpr std::uint16_t kStored = 0, kDeflated = 8;

auto damaged(std::string what) {
  return fail(Errc::corrupt, "the zip archive is damaged: " + std::move(what),
              "upload the file again from its original");
}

auto refused(std::string what) {
  return fail(Errc::invalid_argument, std::move(what),
              "build the archive again with the standard tool of its language");
}

/// Little-endian integers; the caller has checked the length.
template <class T>
T get(std::string_view bytes, std::size_t offset) {
  T value = 0;
  for (std::size_t i = sizeof(T); i-- > 0;) {
    value = static_cast<T>(value << 8 | static_cast<unsigned char>(bytes[offset + i]));
  }
  return value;
}

Result<std::string> read_exactly(const ByteSource& source, std::uint64_t offset, std::uint64_t size) {
  std::string out(size, '\0');
  std::uint64_t done = 0;
  while (done < size) {
    const auto got = TRY(source.read_at(offset + done, {reinterpret_cast<std::byte*>(out.data()) + done,
                                                        static_cast<std::size_t>(size - done)}));
    if (got == 0) return damaged("it is truncated");
    done += got;
  }
  return out;
}

/// Where the directory is, and how much.
struct Directory {
  std::uint64_t offset = 0, size = 0, entries = 0, end = 0;  // end: where the end records begin
};

struct CentralEntry {
  std::string raw_name;
  std::uint16_t flags = 0, method = 0;
  std::uint32_t crc = 0, attributes = 0;
  std::uint8_t made_by = 0;
  std::uint64_t packed = 0, size = 0, offset = 0;
};

/// What of the archive a member takes.
struct Extent {
  std::uint64_t begin = 0, end = 0;
  std::uint32_t descriptor = 0;  // 1 when a data descriptor of 12 to 24 bytes follows
};

/// The zip64 end record, which the locator before the plain end record names.
Result<> read_zip64_end(const ByteSource& archive, std::uint64_t end_at, Directory& directory) {
  if (end_at < kLocatorSize + kEnd64Size) return damaged("it has no zip64 end record");
  const auto locator = TRY(read_exactly(archive, end_at - kLocatorSize, kLocatorSize));
  if (get<std::uint32_t>(locator, 0) != 0x07064b50) return damaged("it has no zip64 end record");
  directory.end = get<std::uint64_t>(locator, 8);
  if (directory.end != end_at - kLocatorSize - kEnd64Size)
    return damaged("its zip64 end record is not where it should be");
  const auto end64 = TRY(read_exactly(archive, directory.end, kEnd64Size));
  if (get<std::uint32_t>(end64, 0) != 0x06064b50 || get<std::uint64_t>(end64, 4) != kEnd64Size - 12) {
    return damaged("its zip64 end record does not parse");
  }
  directory.entries = get<std::uint64_t>(end64, 32);
  if (get<std::uint64_t>(end64, 24) != directory.entries)
    return refused("the zip archive is one of several parts");
  directory.size = get<std::uint64_t>(end64, 40);
  directory.offset = get<std::uint64_t>(end64, 48);
  return {};
}

Result<Directory> find_directory(const ByteSource& archive) {
  const auto size = archive.size();
  const auto tail_size = std::min<std::uint64_t>(size, kEndSize + 0xffff);
  if (size < kEndSize) return damaged("it is truncated");
  const auto tail = TRY(read_exactly(archive, size - tail_size, tail_size));
  const auto at = tail.rfind("PK\x05\x06");
  if (at == std::string::npos || tail.size() - at < kEndSize)
    return damaged("it has no end record, so it is truncated");
  const auto end = std::string_view(tail).substr(at);
  if (get<std::uint16_t>(end, 20) != end.size() - kEndSize) return damaged("there are bytes after its end");

  Directory directory;
  directory.end = size - tail_size + at;
  directory.entries = get<std::uint16_t>(end, 10);
  directory.size = get<std::uint32_t>(end, 12);
  directory.offset = get<std::uint32_t>(end, 16);
  if (get<std::uint16_t>(end, 4) != 0 && get<std::uint16_t>(end, 4) != 0xffff) {
    return refused("the zip archive is one of several parts");
  }
  const auto here = get<std::uint16_t>(end, 8);
  const Directory plain = directory;
  // Python writes the wide records from 2 GiB on, and numbers that still fit into the plain one beside them.
  if (plain.entries == 0xffff || plain.size == kAll32 || plain.offset == kAll32 ||
      plain.size + plain.offset + kEnd64Size + kLocatorSize == plain.end) {
    // Exactly 65,535 members need no zip64, but nobody can tell: writers use it then.
    TRY(read_zip64_end(archive, directory.end, directory));
    if ((plain.entries != 0xffff && plain.entries != directory.entries) ||
        (plain.size != kAll32 && plain.size != directory.size) ||
        (plain.offset != kAll32 && plain.offset != directory.offset)) {
      return damaged("its two end records disagree");
    }
  } else if (here != directory.entries) {
    return refused("the zip archive is one of several parts");
  }
  if (directory.offset > directory.end || directory.size != directory.end - directory.offset) {
    return damaged("its directory is not where its end record says");
  }
  return directory;
}

/// Those of `values` that are all ones have their value in the zip64 extra field, in this order. A field with
/// another name for the member must say the same name.
Result<> read_extra(std::string_view extra, std::string_view name,
                    std::initializer_list<std::uint64_t*> values) {
  const bool wide = std::any_of(values.begin(), values.end(), [](const auto* v) { return *v == kAll32; });
  bool found = false;
  while (extra.size() >= 4) {  // writers that align leave less
    const auto id = get<std::uint16_t>(extra, 0);
    const auto length = get<std::uint16_t>(extra, 2);
    if (length > extra.size() - 4) return damaged("an extra field does not parse");
    auto field = extra.substr(4, length);
    extra.remove_prefix(4U + length);
    constexpr std::uint16_t kZip64 = 0x0001, kUnicodePath = 0x7075;
    if (id == kUnicodePath && (length < 5 || field.substr(5) != name))
      return damaged("a member has two names");
    if (id != kZip64) continue;
    if (found) return damaged("a member has two zip64 fields");
    found = true;
    for (std::uint64_t* value : values) {
      if (*value != kAll32) continue;
      if (field.size() < 8) return damaged("a zip64 field is too short");
      *value = get<std::uint64_t>(field, 0);
      field.remove_prefix(8);
    }
  }
  if (wide && !found) return damaged("a zip64 field is missing");
  return {};
}

/// Reads the central directory in pieces.
class DirectoryReader {
 public:
  DirectoryReader(const ByteSource& archive, const Directory& directory)
      : archive_(&archive), at_(directory.offset), end_(directory.end) {}

  Result<CentralEntry> next() {
    const auto header = TRY(take(kCentralSize));
    if (get<std::uint32_t>(header, 0) != 0x02014b50) return damaged("its directory does not parse");
    CentralEntry entry;
    entry.made_by = static_cast<std::uint8_t>(header[5]);
    entry.flags = get<std::uint16_t>(header, 8);
    entry.method = get<std::uint16_t>(header, 10);
    entry.crc = get<std::uint32_t>(header, 16);
    entry.packed = get<std::uint32_t>(header, 20);
    entry.size = get<std::uint32_t>(header, 24);
    const auto name = get<std::uint16_t>(header, 28), extra = get<std::uint16_t>(header, 30),
               comment = get<std::uint16_t>(header, 32);
    entry.attributes = get<std::uint32_t>(header, 38);
    entry.offset = get<std::uint32_t>(header, 42);
    entry.raw_name = TRY(take(name));
    TRY(read_extra(TRY(take(extra)), entry.raw_name, {&entry.size, &entry.packed, &entry.offset}));
    TRY(take(comment));
    return entry;
  }
  bool at_end() const noexcept { return at_ - (piece_.size() - begin_) == end_; }

 private:
  Result<std::string> take(std::size_t size) {
    if (piece_.size() - begin_ < size) {
      piece_.erase(0, begin_);
      begin_ = 0;
      const auto more = std::min<std::uint64_t>(kPiece, end_ - at_);
      piece_ += TRY(read_exactly(*archive_, at_, more));
      at_ += more;
      if (piece_.size() < size) return damaged("its directory is cut off");
    }
    begin_ += size;
    return piece_.substr(begin_ - size, size);
  }

  static constexpr std::uint64_t kPiece = 256 << 10;  // more than a record can have
  const ByteSource* archive_;
  std::uint64_t at_, end_;
  std::string piece_;
  std::size_t begin_ = 0;
};

/// The local header must tell the same as the directory. Gives where the member's bytes begin.
Result<std::uint64_t> check_local(const ByteSource& archive, const CentralEntry& entry, std::uint64_t limit) {
  if (entry.offset > limit || limit - entry.offset < kLocalSize + entry.raw_name.size()) {
    return damaged("a member lies outside of it: '" + shown(entry.raw_name) + "'");
  }
  const auto local = TRY(read_exactly(archive, entry.offset, kLocalSize + entry.raw_name.size()));
  const auto extra = get<std::uint16_t>(local, 28);
  if (get<std::uint32_t>(local, 0) != 0x04034b50 || get<std::uint16_t>(local, 26) != entry.raw_name.size() ||
      std::string_view(local).substr(kLocalSize) != entry.raw_name) {
    return damaged("its directory and its members disagree about '" + shown(entry.raw_name) + "'");
  }
  const auto flags = get<std::uint16_t>(local, 6);
  std::uint64_t packed = get<std::uint32_t>(local, 18), size = get<std::uint32_t>(local, 22);
  TRY(read_extra(TRY(read_exactly(archive, entry.offset + local.size(), extra)), entry.raw_name,
                 {&size, &packed}));
  const auto agrees = [&](std::uint64_t here, std::uint64_t there) {
    return here == there || ((flags & kDescriptor) != 0 && here == 0);
  };
  if (get<std::uint16_t>(local, 8) != entry.method ||
      ((flags ^ entry.flags) & (kDescriptor | kEncrypted)) != 0 ||
      !agrees(get<std::uint32_t>(local, 14), entry.crc) || !agrees(packed, entry.packed) ||
      !agrees(size, entry.size)) {
    return damaged("its directory and its members disagree about '" + shown(entry.raw_name) + "'");
  }
  const auto data = entry.offset + kLocalSize + entry.raw_name.size() + extra;
  if (data > limit || limit - data < entry.packed) {
    return damaged("a member lies outside of it: '" + shown(entry.raw_name) + "'");
  }
  return data;
}

Result<std::string> unpack(const ByteSource& archive, const CentralEntry& entry, std::uint64_t data,
                           const Limits& limits) {
  const auto name = shown(entry.raw_name);
  if (entry.size > limits.member_bytes || entry.packed > limits.member_bytes + 4096) {
    return fail(Errc::too_large, "'" + name + "' is larger than " + human_size(limits.member_bytes),
                "shorten this file and build the package again");
  }
  auto bytes = TRY(read_exactly(archive, data, entry.packed));
  if (entry.method == kDeflated) {
    const std::unique_ptr<libdeflate_decompressor, void (*)(libdeflate_decompressor*)> inflater(
        libdeflate_alloc_decompressor(), libdeflate_free_decompressor);
    if (!inflater) return fail(Errc::unavailable, "out of memory");
    std::string plain(entry.size, '\0');
    std::size_t used = 0, made = 0;
    const auto code = libdeflate_deflate_decompress_ex(inflater.get(), bytes.data(), bytes.size(),
                                                       plain.data(), plain.size(), &used, &made);
    if (code != LIBDEFLATE_SUCCESS || used != bytes.size() || made != plain.size()) {
      return damaged("'" + name + "' does not unpack to what its header says");
    }
    bytes = std::move(plain);
  }
  if (bytes.size() != entry.size || libdeflate_crc32(0, bytes.data(), bytes.size()) != entry.crc) {
    return damaged("the checksum of '" + name + "' is wrong");
  }
  return bytes;
}

Result<> check_kind(const CentralEntry& entry) {
  if ((entry.flags & kEncrypted) != 0)
    return refused("a member is encrypted: '" + shown(entry.raw_name) + "'");
  if (entry.method != kStored && entry.method != kDeflated) {
    return refused("a member is packed by a method that not every client knows: '" + shown(entry.raw_name) +
                   "'");
  }
  if (entry.method == kStored && entry.packed != entry.size) return damaged("a stored member has two sizes");
  constexpr std::uint8_t kUnix = 3;
  const auto type = entry.attributes >> 16 & 0170000;
  if (entry.made_by == kUnix && type != 0 && type != 0100000 && type != 0040000) {
    return refused("a member is a link or a device: '" + shown(entry.raw_name) + "'");
  }
  return {};
}

/// One after the other, from the first byte to the directory.
Result<> check_extents(std::vector<Extent>& extents, std::uint64_t directory) {
  std::sort(extents.begin(), extents.end(),
            [](const Extent& a, const Extent& b) { return a.begin < b.begin; });
  std::uint64_t at = 0;
  std::uint64_t slack = 0;
  for (std::size_t i = 0; i <= extents.size(); ++i) {
    const auto begin = i < extents.size() ? extents[i].begin : directory;
    if (begin < at) return damaged("members overlap");
    const auto gap = begin - at;
    // A descriptor: CRC and two sizes of 4 or 8 bytes, with or without a signature.
    const bool right = slack == 0 ? gap == 0 : gap == 12 || gap == 16 || gap == 20 || gap == 24;
    if (!right) return damaged("there are bytes that belong to no member");
    if (i == extents.size()) break;
    at = extents[i].end;
    slack = extents[i].descriptor;
  }
  return {};
}

Result<> check_total(const Scan& scan, const ByteSource& archive, const Limits& limits) {
  if (scan.total_bytes > limits.total_bytes) {
    return fail(Errc::too_large, "the archive unpacks to more than " + human_size(limits.total_bytes),
                "split the package, or leave large data out of it");
  }
  if (scan.total_bytes > limits.ratio_from && scan.total_bytes / limits.ratio > archive.size()) {
    return fail(Errc::too_large,
                "the archive unpacks to more than " + std::to_string(limits.ratio) + " times its size",
                "leave files out that are almost nothing but repetition, such as empty disk images");
  }
  return {};
}

}  // namespace

Result<Scan> scan_zip(const Context& ctx, const ByteSource& archive, const Limits& limits,
                      const std::function<bool(std::string_view path)>& wanted) {
  const auto directory = TRY(find_directory(archive));
  if (directory.entries > limits.entries) {
    return fail(Errc::too_large, "the archive has more than " + std::to_string(limits.entries) + " members",
                "split the package, or put the many small files into one");
  }
  Scan out;
  std::vector<Extent> extents;
  std::vector<std::size_t> names;  // hashes: a collision refuses an archive that was made to collide
  DirectoryReader reader(archive, directory);
  for (std::uint64_t i = 0; i < directory.entries; ++i) {
    TRY(ctx.check());
    const auto entry = TRY(reader.next());
    if (entry.raw_name.find('\0') != std::string::npos)
      return refused("a member's name holds a control character");
    auto path = TRY(clean_path(entry.raw_name, limits.path_bytes));
    const bool folder = entry.raw_name.back() == '/';
    TRY(check_kind(entry));
    const auto data = TRY(check_local(archive, entry, directory.offset));
    extents.push_back({entry.offset, data + entry.packed, (entry.flags & kDescriptor) != 0 ? 1U : 0U});
    if (entry.size > limits.total_bytes) out.total_bytes = limits.total_bytes;
    out.total_bytes += entry.size > limits.total_bytes ? 1 : entry.size;
    TRY(check_total(out, archive, limits));
    if (folder && entry.size != 0)
      return refused("the member '" + shown(path) + "' is no file, but has a size");
    names.push_back(std::hash<std::string_view>()(path));
    note_top(out.tops, path);
    if (folder || !wanted(path)) continue;
    if (out.members.size() >= limits.members)
      return refused("the archive has too many files named like '" + shown(path) + "'");
    auto bytes = TRY(unpack(archive, entry, data, limits));
    out.members.push_back({std::move(path), std::move(bytes)});
  }
  if (!reader.at_end()) return damaged("its directory has more members than its end record says");
  TRY(check_extents(extents, directory.offset));
  std::sort(names.begin(), names.end());
  if (std::adjacent_find(names.begin(), names.end()) != names.end())
    return refused("two members have the same name");
  out.entries = directory.entries;
  return out;
}

}  // namespace granary::archive
