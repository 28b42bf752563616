#include "cli/add.h"

#include <fmt/format.h>

#include <filesystem>
#include <ostream>

#include "base/file.h"
#include "cli/endpoint.h"
#include "cli/progress.h"
#include "cli/upload_list.h"

namespace granary::cli {
namespace {

Result<std::vector<std::string>> paths_of(const Arguments& args) {
  std::vector<std::string> paths;
  const auto whole = args.value("--path");
  std::error_code ignored;
  if (!whole.empty() && std::filesystem::exists(whole, ignored)) {
    paths.push_back(whole);  // its name may have commas
  } else {
    paths = comma_list(whole);
  }
  if (const auto list = args.value("--file-in"); !list.empty()) {
    auto text = read_file(list);
    if (!text)
      return fail(Errc::invalid_argument, fmt::format("cannot read {}: {}", list, text.error().message()),
                  "check the path of --file-in");
    for (auto& path : paths_in(*text)) paths.push_back(std::move(path));
  }
  if (paths.empty()) return fail(Errc::invalid_argument, "no package is named", "give --path or --file-in");
  return paths;
}

/// After these the next file would fare no better.
bool is_final(const Error& error) {
  switch (error.code()) {
    case Errc::unauthenticated:
    case Errc::permission_denied:
    case Errc::unavailable:
    case Errc::cancelled:
    case Errc::not_found:
      return true;
    default:
      return false;
  }
}

struct Tally {
  std::uint64_t added = 0, already = 0, failed = 0, bytes_done = 0;
  JsonWriter json;
};

class Adding {
 public:
  Adding(Session& session, ServerClient& server, Progress& progress)
      : session_(&session), server_(&server), progress_(&progress) {
    const auto& args = session.args();
    target_ = endpoint({"sources", args.value("--source"), "packages"});
    dry_run_ = args.on("--dryrun");
    replace_ = args.on("--replace");
  }

  Result<> one(const UploadFile& file, Tally& tally) {
    auto reply = send(file, tally.bytes_done);
    tally.bytes_done += file.size;
    progress_->clear();
    if (!reply) {
      if (is_final(reply.error())) return tl::unexpected(std::move(reply).error());
      refused(file, reply.error(), tally);
      return {};
    }
    accepted(file, *reply, tally);
    return {};
  }

 private:
  Result<Reply> send(const UploadFile& file, std::uint64_t before) {
    auto source = FileSource::open(file.path);
    if (!source)
      return fail(Errc::invalid_argument, fmt::format("cannot read it: {}", source.error().message()),
                  "check its permissions");
    const auto query = Query()
                           .add("filename", file.name)
                           .add("replace", replace_ ? "true" : "")
                           .add("dryrun", dry_run_ ? "true" : "")
                           .add("comment", session_->args().value("--comment"))
                           .text();
    progress_->show(before, file.name);
    return server_->send(session_->context(), "POST", target_ + query, **source,
                         [&](std::uint64_t sent) { progress_->show(before + sent, file.name); });
  }

  void refused(const UploadFile& file, const Error& error, Tally& tally) {
    ++tally.failed;
    const auto& hint = error.hint();
    session_->streams().err << fmt::format("failed   {}: {}{}{}\n", file.path, error.message(),
                                           hint.empty() ? "" : "; ", hint);
    tally.json.begin_object();
    tally.json.member("path", file.path);
    tally.json.member("error", error.message());
    tally.json.member("hint", hint);
    tally.json.end_object();
  }

  void accepted(const UploadFile& file, const Reply& reply, Tally& tally) {
    const bool already = reply.json["already"].boolean().value_or(false);
    ++(already ? tally.already : tally.added);
    tally.json.begin_object();
    tally.json.member("path", file.path);
    tally.json.key("result");
    tally.json.raw(reply.text.substr(0, reply.text.find_last_not_of("\r\n") + 1));
    tally.json.end_object();
    for (const auto& warning : reply.json["warnings"].items())
      session_->streams().err << fmt::format("warning  {}: {}\n", file.path, warning.string().value_or(""));
    if (session_->json()) return;
    const Json& record = reply.json["file"];
    session_->print(fmt::format("{} {} ({} {})\n",
                                already    ? "there   "
                                : dry_run_ ? "would add"
                                           : "added   ",
                                file.name, record["name"].string().value_or("?"),
                                record["version"].string().value_or("?")));
  }

  Session* session_;
  ServerClient* server_;
  Progress* progress_;
  std::string target_;
  bool dry_run_ = false, replace_ = false;
};

}  // namespace

Result<int> add_packages(Session& session) {
  const auto files = TRY(files_to_upload(TRY(paths_of(session.args()))));
  auto* server = TRY(session.server());
  std::uint64_t total = 0;
  for (const auto& file : files) total += file.size;
  Progress progress(session.streams().err, session.streams().err_is_terminal && !session.json(), total);
  Adding adding(session, *server, progress);
  Tally tally;
  tally.json.begin_array();
  for (const auto& file : files) TRY(adding.one(file, tally));
  tally.json.end_array();
  progress.clear();
  if (session.json()) {
    session.print(std::move(tally.json).take() + "\n");
  } else {
    session.print(fmt::format("{} {}, {} there already, {} failed\n", tally.added,
                              session.args().on("--dryrun") ? "would be added" : "added", tally.already,
                              tally.failed));
  }
  return tally.failed == 0 ? 0 : 1;
}

}  // namespace granary::cli
