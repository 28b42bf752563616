#include "archive/tar.h"

#include <algorithm>
#include <array>
#include <set>
#include <vector>

#include "archive/path.h"
#include "base/text.h"

namespace granary::archive {

namespace {

constexpr std::size_t kBlock = 512;
constexpr std::uint64_t kMaxSize = std::uint64_t{1} << 62;
constexpr std::uint64_t kMaxExtension = 1 << 20;  // a pax header or a long name
constexpr std::size_t kMaxLinks = 5'000;
constexpr std::ptrdiff_t kMaxDepth = 100;

using Block = std::array<char, kBlock>;

std::string_view field(const Block& block, std::size_t offset, std::size_t size) {
  const std::string_view whole(block.data() + offset, size);
  return whole.substr(0, whole.find('\0'));
}

/// Octal text, or base-256 (GNU) when the first bit is set.
std::optional<std::uint64_t> number(std::string_view bytes) {
  if (!bytes.empty() && (static_cast<unsigned char>(bytes[0]) & 0x80) != 0) {
    if (static_cast<unsigned char>(bytes[0]) != 0x80) return std::nullopt;  // negative, or beyond 88 bits
    std::uint64_t value = 0;
    for (const char c : bytes.substr(1)) {
      if (value >= kMaxSize >> 8) return std::nullopt;
      value = value << 8 | static_cast<unsigned char>(c);
    }
    return value;
  }
  const auto text = trim(bytes.substr(0, bytes.find('\0')));
  std::uint64_t value = 0;
  for (const char c : text) {
    if (c < '0' || c > '7' || value >= kMaxSize >> 3) return std::nullopt;
    value = value << 3 | static_cast<std::uint64_t>(c - '0');
  }
  return value;
}

bool is_zero(const Block& block) {
  return std::all_of(block.begin(), block.end(), [](char c) { return c == 0; });
}

/// Writers of old took the bytes as signed.
bool checksum_is_right(const Block& block) {
  std::int64_t plain = 0, with_sign = 0;
  for (std::size_t i = 0; i < kBlock; ++i) {
    const char c = i >= 148 && i < 156 ? ' ' : block[i];
    plain += static_cast<unsigned char>(c);
    with_sign += static_cast<signed char>(c);
  }
  const auto said = number(std::string_view(block.data() + 148, 8));
  return said && (static_cast<std::int64_t>(*said) == plain || static_cast<std::int64_t>(*said) == with_sign);
}

auto damaged(std::string what) {
  return fail(Errc::corrupt, "the tar archive is damaged: " + std::move(what),
              "upload the file again from its original");
}

auto refused(std::string what,
             std::string hint = "build the archive again with the standard tool of its language") {
  return fail(Errc::invalid_argument, std::move(what), std::move(hint));
}

/// What extended headers say about the member after them.
struct Overrides {
  std::optional<std::string> path, link;
  std::optional<std::uint64_t> size;
};

/// Records "length key=value\n" (POSIX.1-2001 pax).
Result<Overrides> parse_pax(std::string_view text, bool global) {
  Overrides out;
  while (!text.empty()) {
    const auto space = text.find(' ');
    const auto length =
        space == std::string_view::npos ? std::nullopt : parse_unsigned(text.substr(0, space));
    if (!length || *length < space + 3 || *length > text.size() || text[*length - 1] != '\n') {
      return damaged("an extended header does not parse");
    }
    const auto record = text.substr(space + 1, *length - space - 2);
    text.remove_prefix(*length);
    const auto equals = record.find('=');
    if (equals == std::string_view::npos) return damaged("an extended header does not parse");
    const auto key = record.substr(0, equals);
    const auto value = record.substr(equals + 1);
    if (key.starts_with("GNU.sparse.")) return refused("the archive holds a sparse file");
    if (key != "path" && key != "linkpath" && key != "size") continue;
    if (global) return refused("the archive sets '" + std::string(key) + "' for all of its members");
    if (key == "path") out.path = value;
    if (key == "linkpath") out.link = value;
    if (key == "size") {
      out.size = parse_unsigned(value);
      if (!out.size || *out.size >= kMaxSize) return damaged("a size is not a number");
    }
  }
  return out;
}

}  // namespace

struct TarReader::State {
  State(ByteReader& in, const Limits& l) : bytes(&in), limits(l), buffer(64 << 10) {}

  ByteReader* bytes;
  Limits limits;
  std::vector<std::byte> buffer;
  std::size_t begin = 0, end = 0;
  std::uint64_t left = 0;     // of the current member, padding included
  std::uint64_t headers = 0;  // extended ones too
  std::uint64_t total = 0;
  std::set<std::string, std::less<>> links;  // both kinds

  /// False at the end of the stream.
  Result<bool> fill() {
    begin = 0;
    end = TRY(bytes->read(buffer));
    return end > 0;
  }

  /// How many of `size` bytes there were; they go to `out` unless it is null.
  Result<std::uint64_t> take(const Context* ctx, char* out, std::uint64_t size) {
    std::uint64_t done = 0;
    while (done < size) {
      if (begin == end) {
        if (ctx != nullptr) TRY(ctx->check());
        if (!TRY(fill())) break;
      }
      const auto n = static_cast<std::size_t>(std::min<std::uint64_t>(end - begin, size - done));
      if (out != nullptr) std::copy_n(reinterpret_cast<const char*>(buffer.data()) + begin, n, out + done);
      begin += n;
      done += n;
    }
    return done;
  }

  Result<> take_all(const Context* ctx, char* out, std::uint64_t size) {
    if (TRY(take(ctx, out, size)) < size) {
      return fail(Errc::corrupt, "the tar archive ends in the middle of a member: the file is truncated",
                  "upload the whole file again");
    }
    return {};
  }

  /// Absent at the end marker or where the stream stops between members.
  Result<std::optional<Block>> read_header(const Context& ctx) {
    TRY(take_all(&ctx, nullptr, left));
    left = 0;
    Block block;
    const auto got = TRY(take(&ctx, block.data(), kBlock));
    if (got == 0) return std::nullopt;
    if (got < kBlock) return damaged("it does not end at the end of a block");
    if (is_zero(block)) {
      TRY(drain(ctx));
      return std::nullopt;
    }
    if (!checksum_is_right(block)) return damaged("a header's checksum is wrong");
    if (++headers > limits.entries) {
      return fail(Errc::too_large, "the archive has more than " + std::to_string(limits.entries) + " members",
                  "split the package, or put the many small files into one");
    }
    return block;
  }

  Result<> drain(const Context& ctx) {
    do {
      TRY(ctx.check());
      if (std::any_of(buffer.begin() + static_cast<std::ptrdiff_t>(begin),
                      buffer.begin() + static_cast<std::ptrdiff_t>(end),
                      [](std::byte b) { return b != std::byte{}; })) {
        return damaged("there are bytes after its end");
      }
    } while (TRY(fill()));
    return {};
  }

  Result<std::string> extension(std::uint64_t size) {
    if (size > kMaxExtension)
      return fail(Errc::too_large, "an extended header of the tar archive is too large");
    std::string text(size, '\0');
    TRY(take_all(nullptr, text.data(), size));
    left = (kBlock - size % kBlock) % kBlock;
    return text;
  }

  /// What is unpacked at a link or behind one lands where the link leads, with some readers.
  Result<> check_links(const TarEntry& entry, std::string_view target) {
    const std::string_view path = entry.path;
    if (std::count(path.begin(), path.end(), '/') > kMaxDepth)
      return refused("the member '" + shown(path) + "' lies too deep",
                     "use fewer folders inside of each other");
    for (auto cut = path.find('/'); !links.empty(); cut = path.find('/', cut + 1)) {
      if (links.contains(path.substr(0, cut)))
        return refused("the member '" + shown(path) + "' lies at or behind a link");
      if (cut == std::string_view::npos) break;
    }
    if (entry.kind == TarEntry::Kind::hardlink) {
      TRY(clean_path(target, limits.path_bytes));
    } else if (entry.kind == TarEntry::Kind::symlink) {
      if (target.size() > limits.path_bytes)
        return refused("the target of the link '" + shown(path) + "' is too long");
      TRY(check_symlink(path, target));
    } else {
      return {};
    }
    if (links.size() >= kMaxLinks)
      return fail(Errc::too_large, "the archive has too many links", "replace links by files");
    links.emplace(path);
    return {};
  }
};

TarReader::TarReader(ByteReader& bytes, const Limits& limits)
    : state_(std::make_unique<State>(bytes, limits)) {}
TarReader::~TarReader() = default;
std::uint64_t TarReader::total_bytes() const noexcept { return state_->total; }

Result<std::optional<TarEntry>> TarReader::next(const Context& ctx) {
  auto& s = *state_;
  Overrides overrides;
  bool extended = false;
  for (;;) {
    const auto header = TRY(s.read_header(ctx));
    if (!header) {
      if (extended) return damaged("it ends after an extended header");
      return std::nullopt;
    }
    const Block& block = *header;
    const char type = block[156];
    auto size = number(std::string_view(block.data() + 124, 12));
    if (!size) return damaged("a size is not a number");

    if (type == 'x' || type == 'X') {
      auto said = TRY(parse_pax(TRY(s.extension(*size)), false));
      if (said.path) overrides.path = std::move(said.path);
      if (said.link) overrides.link = std::move(said.link);
      if (said.size) overrides.size = said.size;
      extended = true;
      continue;
    }
    if (type == 'g') {
      TRY(parse_pax(TRY(s.extension(*size)), true));
      continue;
    }
    if (type == 'L' || type == 'K') {
      auto text = TRY(s.extension(*size));
      text.resize(std::min(text.find('\0'), text.size()));
      (type == 'L' ? overrides.path : overrides.link) = std::move(text);
      extended = true;
      continue;
    }

    std::string raw(field(block, 0, 100));
    const bool posix = std::string_view(block.data() + 257, 6) == std::string_view("ustar\0", 6);
    if (const auto prefix = field(block, 345, 155); posix && !prefix.empty())
      raw = std::string(prefix) + "/" + raw;
    if (overrides.path) raw = *overrides.path;
    const auto target = overrides.link ? *overrides.link : std::string(field(block, 157, 100));
    if (overrides.size) size = overrides.size;

    TarEntry entry;
    entry.path = TRY(clean_path(raw, s.limits.path_bytes));
    switch (type) {
      case '0':
      case '\0':
      case '7':
        entry.kind = raw.back() == '/' ? TarEntry::Kind::folder : TarEntry::Kind::file;
        break;
      case '1':
        entry.kind = TarEntry::Kind::hardlink;
        break;
      case '2':
        entry.kind = TarEntry::Kind::symlink;
        break;
      case '5':
        entry.kind = TarEntry::Kind::folder;
        break;
      case 'S':
        return refused("the archive holds a sparse file: '" + shown(raw) + "'");
      case '3':
      case '4':
      case '6':
        return refused("the archive holds a device or a pipe: '" + shown(raw) + "'");
      default:
        return refused("the archive holds a member of an unknown type: '" + shown(raw) + "'");
    }
    TRY(s.check_links(entry, target));
    if (entry.kind != TarEntry::Kind::file) {
      // Some readers would take what follows as data, others as the next header.
      if (*size != 0) return refused("the member '" + shown(raw) + "' is no file, but has a size");
      return entry;
    }
    if (entry.path.empty()) return refused("a member of the archive has no name");
    entry.size = *size;
    s.left = (*size + kBlock - 1) / kBlock * kBlock;
    s.total += *size;
    if (s.total > s.limits.total_bytes) {
      return fail(Errc::too_large, "the archive unpacks to more than " + human_size(s.limits.total_bytes),
                  "split the package, or leave large data out of it");
    }
    return entry;
  }
}

Result<std::string> TarReader::read_all(const TarEntry& entry) {
  auto& s = *state_;
  if (entry.size > s.limits.member_bytes) {
    return fail(Errc::too_large,
                "'" + shown(entry.path) + "' is larger than " + human_size(s.limits.member_bytes),
                "shorten this file and build the package again");
  }
  std::string bytes(entry.size, '\0');
  TRY(s.take_all(nullptr, bytes.data(), entry.size));
  s.left -= entry.size;
  return bytes;
}

}  // namespace granary::archive
