/// granary export: what a server without an upstream will have.

#include <fmt/format.h>

#include <filesystem>
#include <ostream>

#include "api/bundle_lines.h"
#include "base/text.h"
#include "cli/bundle_commands.h"
#include "cli/bundle_file.h"
#include "cli/endpoint.h"
#include "cli/package_choice.h"
#include "cli/progress.h"

namespace granary::cli {
namespace {

class Exporting {
 public:
  Exporting(Session& session, ServerClient& server) : session_(&session), server_(&server) {}

  Result<int> run() {
    const auto& args = session_->args();
    choice_ = TRY(read_choice(args));
    warn_of_skipped(*session_, choice_);
    path_ = args.value("--path");
    writer_ = TRY(BundleWriter::create(path_));
    TRY(choose_sources());
    const auto folder = std::filesystem::absolute(path_).parent_path().string();
    const auto plan = TRY(fetch_plan(folder));
    lines_ = TRY(anonymous_file(folder));
    Progress progress(session_->streams().err, session_->streams().err_is_terminal && !session_->json(),
                      total_);
    progress_ = &progress;
    TRY(api::for_each_line(*plan, [&](std::string_view line) { return take(line); }));
    TRY(write_lines());
    progress.clear();
    TRY(writer_->finish(manifest_));
    report();
    return 0;
  }

 private:
  /// What is built here is added there: no builder makes it again.
  static std::string type_there(const std::string& type) {
    if (type == "git") return "local";
    return type == "git-python" ? "local-python" : type;
  }

  Result<> choose_sources() {
    manifest_.version = session_->hooks().version;
    const auto all = TRY(server_->call(session_->context(), "GET", "/sources", {}));
    for (const auto& name : comma_list(session_->args().value("--source"))) {
      for (const auto& source : all.json.items()) {
        if (text_of(source, "name") == name)
          manifest_.sources.push_back(
              {name, type_there(text_of(source, "type")), text_of(source, "description")});
      }
      if (manifest_.sources.empty() || manifest_.sources.back().name != name)
        return fail(Errc::not_found, "no source named '" + name + "'",
                    "list them with: granary list sources");
    }
    return {};
  }

  /// Into a file, since it may be long.
  Result<std::unique_ptr<FileSource>> fetch_plan(const std::string& folder) {
    const auto& args = session_->args();
    Body body(args);
    body.list("sources", comma_list(args.value("--source")));
    add_choice(body, args, choice_);
    auto file = TRY(anonymous_file(folder));
    std::uint64_t size = 0;
    TRY(server_->receive(session_->context(), "POST", "/bundle/plan", body.json(), [&](ByteSpan bytes) {
      size += bytes.size();
      return write_all(file.get(), bytes);
    }));
    auto plan = std::make_unique<FileSource>(std::move(file), size);
    TRY(api::for_each_line(*plan, [&](std::string_view text) -> Result<> {
      const auto line = api::parse_bundle_line(text);
      if (!line) return {};  // the last one
      for (const auto& one : line->files) total_ += one.size;
      return {};
    }));
    return plan;
  }

  Result<> take(std::string_view text) {
    const auto json = Json::parse(text);
    if (json && json->is_object() && (*json)["missing"].is_array()) {
      for (const auto& one : (*json)["missing"].items()) missing_.emplace_back(one.string().value_or(""));
      for (const auto& one : (*json)["unread"].items()) unread_.emplace_back(one.string().value_or(""));
      return {};
    }
    auto line = TRY(api::parse_bundle_line(text));
    for (auto& file : line.files) TRY(fetch(line, file));
    ++manifest_.packages;
    const auto out = api::to_text(line) + '\n';
    lines_size_ += out.size();
    return write_all(lines_.get(), as_bytes(out));
  }

  Result<> fetch(const api::BundleLine& line, api::BundleFile& file) {
    const auto query =
        Query().add("tree", line.tree).add("package", line.package).add("key", file.key).text();
    Hasher hasher(HashKind::sha256);
    TRY(writer_->begin_member());
    const auto got = server_->receive(
        session_->context(), "GET", endpoint({"sources", line.source, "bundle", "file"}) + query, {},
        [&](ByteSpan bytes) -> Result<> {
          hasher.update(bytes);
          TRY(writer_->write(bytes));
          progress_->show(manifest_.bytes + writer_->member_size(), file.filename);
          return {};
        });
    if (!got)
      return fail(got.error().code(), "cannot have " + file.filename + ": " + got.error().message(),
                  got.error().hint());
    const auto sha256 = hex(as_bytes(hasher.finish()));
    if (!file.sha256.empty() && file.sha256 != sha256)
      return fail(Errc::corrupt,
                  fmt::format("{} has the SHA-256 {}, not {}", file.filename, sha256, file.sha256),
                  "check the server with: granary verify");
    file.sha256 = sha256;
    file.size = writer_->member_size();
    file.at = writer_->member_at();
    manifest_.bytes += file.size;
    ++manifest_.files;
    return writer_->end_member(fmt::format("files/{}/{}", sha256, file.filename));
  }

  Result<> write_lines() {
    const FileSource lines(std::move(lines_), lines_size_);
    Hasher hasher(HashKind::sha256);
    TRY(writer_->begin_member());
    TRY(for_each_chunk(lines, [&](ByteSpan bytes) {
      hasher.update(bytes);
      return writer_->write(bytes);
    }));
    manifest_.lines_at = writer_->member_at() + 512;
    manifest_.lines_size = lines_size_;
    manifest_.lines_sha256 = hex(as_bytes(hasher.finish()));
    return writer_->end_member("records.jsonl");
  }

  void report() {
    const auto name_all = [&](const char* what, const std::vector<std::string>& names) {
      for (const auto& name : names) session_->streams().err << fmt::format("warning  {} {}\n", name, what);
    };
    name_all("is needed, and in none of the sources", missing_);
    name_all(
        "does not say what it needs before it is unpacked: that is not in the bundle unless it was named",
        unread_);
    if (session_->json()) {
      JsonWriter json;
      json.begin_object();
      json.member("packages", manifest_.packages);
      json.member("files", manifest_.files);
      json.member("bytes", manifest_.bytes);
      json.end_object();
      session_->print(std::move(json).take() + '\n');
      return;
    }
    session_->print(fmt::format("{}: {} packages, {} files, {}\n", path_, manifest_.packages, manifest_.files,
                                human_size(manifest_.bytes)));
  }

  Session* session_;
  ServerClient* server_;
  PackageChoice choice_;
  std::string path_;
  std::unique_ptr<BundleWriter> writer_;
  Progress* progress_ = nullptr;
  BundleManifest manifest_;
  UniqueFd lines_;
  std::uint64_t lines_size_ = 0, total_ = 0;
  std::vector<std::string> missing_, unread_;
};

}  // namespace

Result<int> export_bundle(Session& session) {
  auto* server = TRY(session.server());
  Exporting exporting(session, *server);
  return exporting.run();
}

}  // namespace granary::cli
