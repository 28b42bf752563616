#include "cli/bundle_file.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>
#include <filesystem>

#include "archive/ustar.h"
#include "base/json_member.h"
#include "base/text.h"

namespace granary::cli {
namespace {

constexpr auto kManifest = "manifest.json";
/// It is the first member, and is written last: until then it says nothing.
constexpr std::size_t kManifestSize = 16 << 10;

std::string to_text(const BundleManifest& manifest) {
  JsonWriter json;
  json.begin_object();
  json.member("format", BundleManifest::kFormat);
  json.member("version", manifest.version);
  json.key("sources");
  json.begin_array();
  for (const auto& source : manifest.sources) {
    json.begin_object();
    json.member("name", source.name);
    json.member("type", source.type);
    json.member("description", source.description);
    json.end_object();
  }
  json.end_array();
  json.member("packages", manifest.packages);
  json.member("files", manifest.files);
  json.member("bytes", manifest.bytes);
  json.member("lines_at", manifest.lines_at);
  json.member("lines_size", manifest.lines_size);
  json.member("lines_sha256", manifest.lines_sha256);
  json.member("size", manifest.size);
  json.end_object();
  return std::move(json).take() + '\n';
}

Result<> check_lines(const BundleManifest& manifest, const ByteSource& bundle) {
  if (manifest.lines_at > bundle.size() || manifest.lines_size > bundle.size() - manifest.lines_at)
    return fail(Errc::corrupt, "the bundle is cut off", "copy it again from where it was made");
  const archive::PartOfSource lines(bundle, manifest.lines_at, manifest.lines_size);
  Hasher hasher(HashKind::sha256);
  TRY(for_each_chunk(lines, [&](ByteSpan bytes) -> Result<> {
    hasher.update(bytes);
    return {};
  }));
  if (hex(as_bytes(hasher.finish())) == manifest.lines_sha256) return {};
  return fail(Errc::corrupt,
              "the bundle is damaged: records.jsonl has another SHA-256 than the manifest says",
              "copy it again from where it was made");
}

}  // namespace

Result<std::unique_ptr<BundleWriter>> BundleWriter::create(const std::string& path) {
  std::error_code ignored;
  if (std::filesystem::exists(path, ignored))
    return fail(Errc::conflict, path + " is there already", "name another file, or move that one away");
  const auto partial = path + ".partial";
  UniqueFd fd(::open(partial.c_str(), O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600));
  if (!fd) return system_error(errno, "make " + partial);
  std::unique_ptr<BundleWriter> writer(new BundleWriter(path, std::move(fd)));
  TRY(writer->begin_member());
  TRY(writer->write(as_bytes(std::string(kManifestSize, ' '))));
  TRY(writer->end_member(kManifest));
  return writer;
}

Result<> BundleWriter::write_at(std::uint64_t at, std::string_view bytes) {
  while (!bytes.empty()) {
    const auto wrote = ::pwrite(fd_.get(), bytes.data(), bytes.size(), static_cast<off_t>(at));
    if (wrote < 0 && errno == EINTR) continue;
    if (wrote < 0) return system_error(errno, "write " + path_ + ".partial");
    at += static_cast<std::uint64_t>(wrote);
    bytes.remove_prefix(static_cast<std::size_t>(wrote));
  }
  return {};
}

Result<> BundleWriter::begin_member() {
  begun_ = at_;
  at_ += archive::ustar_head("", 0).size();
  return {};
}

Result<> BundleWriter::write(ByteSpan bytes) {
  TRY(write_at(at_, as_text(bytes)));
  at_ += bytes.size();
  return {};
}

Result<> BundleWriter::end_member(const std::string& path) {
  const auto size = member_size();
  TRY(write_at(begun_, archive::ustar_head(path, size)));
  const auto padding = archive::ustar_padding(size);
  TRY(write_at(at_, padding));
  at_ += padding.size();
  return {};
}

Result<> BundleWriter::finish(BundleManifest manifest) {
  TRY(write_at(at_, archive::ustar_end()));
  manifest.size = at_ + archive::ustar_end().size();
  if (::fsync(fd_.get()) != 0) return system_error(errno, "write " + path_ + ".partial");
  const auto text = to_text(manifest);
  if (text.size() > kManifestSize) return fail(Errc::too_large, "too many sources for one bundle");
  TRY(write_at(archive::ustar_head("", 0).size(), text));
  if (::fsync(fd_.get()) != 0) return system_error(errno, "write " + path_ + ".partial");
  if (::rename((path_ + ".partial").c_str(), path_.c_str()) != 0)
    return system_error(errno, "rename to " + path_);
  const auto folder = std::filesystem::path(path_).parent_path().string();
  return sync_directory(folder.empty() ? "." : folder);
}

Result<BundleManifest> read_manifest(const std::string& path, const ByteSource& bundle) {
  const auto none = [&](const std::string& why) {
    return fail(Errc::corrupt, path + " is no bundle: " + why, "name a file that granary export made");
  };
  const auto member = archive::read_ustar(bundle, 0);
  if (!member) return none(member.error().message());
  if (!*member || (*member)->path != kManifest || (*member)->size > kManifestSize)
    return none("it has no manifest");
  std::string text(static_cast<std::size_t>((*member)->size), '\0');
  const auto got = TRY(bundle.read_at((*member)->offset, std::as_writable_bytes(std::span(text))));
  if (got != text.size()) return none("its manifest is cut off");
  if (trim(text).empty()) return none("its export did not end");
  const auto json = Json::parse(text);
  if (!json) return none("its manifest is no JSON");
  if ((*json)["format"].integer() != BundleManifest::kFormat)
    return fail(Errc::unsupported,
                path + " was made by version " + text_of(*json, "version").substr(0, 40) +
                    ", in a format that this one does not know",
                "import it with that version or a later one");
  BundleManifest out;
  out.version = text_of(*json, "version");
  for (const auto& one : (*json)["sources"].items())
    out.sources.push_back({text_of(one, "name"), text_of(one, "type"), text_of(one, "description")});
  out.packages = count_of(*json, "packages");
  out.files = count_of(*json, "files");
  out.bytes = count_of(*json, "bytes");
  out.lines_at = count_of(*json, "lines_at");
  out.lines_size = count_of(*json, "lines_size");
  out.lines_sha256 = text_of(*json, "lines_sha256");
  out.size = count_of(*json, "size");
  if (out.size != bundle.size())
    return fail(Errc::corrupt,
                fmt::format("{} has {} bytes and should have {}", path, bundle.size(), out.size),
                "copy it again from where it was made");
  TRY(check_lines(out, bundle));
  return out;
}

Result<std::uint64_t> find_in_bundle(const ByteSource& bundle, std::uint64_t at, const std::string& sha256,
                                     std::uint64_t size, const std::string& filename) {
  const auto member = at < bundle.size() ? archive::read_ustar(bundle, at)
                                         : Result<std::optional<archive::UstarMember>>(std::nullopt);
  if (member && *member && (*member)->size == size && (*member)->path.find(sha256) != std::string::npos)
    return (*member)->offset;
  return fail(Errc::corrupt, "the bundle is damaged: " + filename + " is not where it should be",
              "copy it again from where it was made");
}

}  // namespace granary::cli
