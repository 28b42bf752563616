#include "api/bundle_lines.h"

#include "base/json_member.h"

namespace granary::api {
namespace {

constexpr std::size_t kLongestLine = 64 << 20;

}  // namespace

std::string to_text(const BundleLine& line) {
  JsonWriter json;
  json.begin_object();
  json.member("source", line.source);
  json.member("tree", line.tree);
  json.member("package", line.package);
  json.member("record", base64(as_bytes(line.record)));
  json.key("files");
  json.begin_array();
  for (const auto& file : line.files) {
    json.begin_object();
    json.member("key", file.key);
    json.member("filename", file.filename);
    json.member("sha256", file.sha256);
    json.member("md5", file.md5);
    json.member("size", file.size);
    json.member("at", file.at);
    json.end_object();
  }
  json.end_array();
  json.end_object();
  return std::move(json).take();
}

Result<BundleLine> parse_bundle_line(std::string_view text) {
  const auto damaged = [&] {
    return fail(Errc::corrupt, "a line of the bundle is none: " + std::string(text.substr(0, 80)),
                "make the bundle again");
  };
  const auto json = Json::parse(text);
  if (!json || !json->is_object()) return damaged();
  BundleLine line;
  line.source = text_of(*json, "source");
  line.tree = text_of(*json, "tree");
  line.package = text_of(*json, "package");
  auto record = unbase64((*json)["record"].string().value_or(""));
  if (line.source.empty() || line.package.empty() || !record) return damaged();
  line.record = *std::move(record);
  for (const auto& one : (*json)["files"].items()) {
    BundleFile file{text_of(one, "key"), text_of(one, "filename"), text_of(one, "sha256"),
                    text_of(one, "md5"), count_of(one, "size"),    count_of(one, "at")};
    if (file.key.empty() || file.filename.empty()) return damaged();
    line.files.push_back(std::move(file));
  }
  return line;
}

Result<> for_each_line(const ByteSource& text, const std::function<Result<>(std::string_view)>& each) {
  std::string line;
  TRY(for_each_chunk(text, [&](ByteSpan bytes) -> Result<> {
    auto rest = as_text(bytes);
    for (auto end = rest.find('\n'); end != rest.npos; end = rest.find('\n')) {
      if (line.size() + end > kLongestLine) return fail(Errc::too_large, "a line of the bundle is too long");
      line.append(rest.substr(0, end));
      if (!line.empty()) TRY(each(line));
      line.clear();
      rest.remove_prefix(end + 1);
    }
    if (line.size() + rest.size() > kLongestLine)
      return fail(Errc::too_large, "a line of the bundle is too long");
    line.append(rest);
    return {};
  }));
  return line.empty() ? Result<>() : each(line);
}

}  // namespace granary::api
