/// granary import: what granary export wrote, on a server without an upstream.

#include <fmt/format.h>

#include <map>
#include <ostream>

#include "api/bundle_lines.h"
#include "archive/ustar.h"
#include "cli/bundle_commands.h"
#include "cli/bundle_file.h"
#include "cli/endpoint.h"
#include "cli/progress.h"

namespace granary::cli {
namespace {

bool is_own(std::string_view type) { return type == "local" || type == "local-python"; }

class Importing {
 public:
  Importing(Session& session, ServerClient& server, const ByteSource& bundle, const BundleManifest& manifest)
      : session_(&session),
        server_(&server),
        bundle_(&bundle),
        manifest_(&manifest),
        lines_(bundle, manifest.lines_at, manifest.lines_size),
        progress_(session.streams().err, session.streams().err_is_terminal && !session.json(),
                  manifest.bytes) {}

  Result<int> run() {
    for (const auto& source : manifest_->sources) TRY(make(source));
    // Files first: nothing shows them before their records are there, all at once.
    for (const bool own : {false, true})
      TRY(api::for_each_line(lines_, [&](std::string_view text) { return bring(text, own); }));
    progress_.clear();
    const auto done = TRY(server_->send(session_->context(), "POST", "/bundle", lines_, {}));
    if (session_->json()) {
      session_->print(done.text);
      return 0;
    }
    session_->print(fmt::format("{} packages are there; {} files came, {} were there already\n",
                                manifest_->packages, brought_, already_));
    for (const auto& source : manifest_->sources)
      session_->print(fmt::format("show them: granary subscribe --repo NAME --source {}\n", source.name));
    return 0;
  }

 private:
  Result<> make(const BundleManifest::Source& source) {
    types_[source.name] = source.type;
    JsonWriter json;
    json.begin_object();
    json.member("name", source.name);
    json.member("type", source.type);
    json.member("description", source.description);
    json.member("succeed_on_existing", true);
    if (!is_own(source.type)) json.member("url", "offline:");
    json.end_object();
    TRY(server_->call(session_->context(), "POST", "/sources", json.text()));
    return {};
  }

  Result<> bring(std::string_view text, bool own) {
    const auto line = TRY(api::parse_bundle_line(text));
    const auto type = types_.find(line.source);
    if (type == types_.end())
      return fail(Errc::corrupt,
                  "the bundle names no source '" + line.source.substr(0, 80) + "' in its manifest",
                  "make the bundle again");
    if (is_own(type->second) != own) return {};
    for (const auto& file : line.files) TRY(own ? publish(line, file) : bring_file(line, file));
    return {};
  }

  Result<> bring_file(const api::BundleLine& line, const api::BundleFile& file) {
    const auto offset = TRY(find_in_bundle(*bundle_, file.at, file.sha256, file.size, file.filename));
    const auto folder = endpoint({"sources", line.source, "bundle"});
    const auto query = Query().add("key", file.key).add("sha256", file.sha256).text();
    const auto held = TRY(server_->call(session_->context(), "GET", folder + "/held" + query, {}));
    if (held.json["held"].boolean().value_or(false)) {
      ++already_;
      done_ += file.size;
      return {};
    }
    const auto name = Query()
                          .add("key", file.key)
                          .add("sha256", file.sha256)
                          .add("filename", file.filename)
                          .add("md5", file.md5)
                          .text();
    return send("PUT", folder + "/file" + name, file, offset);
  }

  Result<> publish(const api::BundleLine& line, const api::BundleFile& file) {
    const auto offset = TRY(find_in_bundle(*bundle_, file.at, file.sha256, file.size, file.filename));
    return send(
        "POST",
        endpoint({"sources", line.source, "packages"}) + Query().add("filename", file.filename).text(), file,
        offset);
  }

  Result<> send(std::string_view method, const std::string& path, const api::BundleFile& file,
                std::uint64_t offset) {
    const archive::PartOfSource bytes(*bundle_, offset, file.size);
    const auto sent = server_->send(session_->context(), method, path, bytes, [&](std::uint64_t so_far) {
      progress_.show(done_ + so_far, file.filename);
    });
    if (!sent)
      return fail(sent.error().code(), "cannot bring " + file.filename + ": " + sent.error().message(),
                  sent.error().hint());
    done_ += file.size;
    ++brought_;
    return {};
  }

  Session* session_;
  ServerClient* server_;
  const ByteSource* bundle_;
  const BundleManifest* manifest_;
  const archive::PartOfSource lines_;
  Progress progress_;
  std::map<std::string, std::string> types_;
  std::uint64_t done_ = 0, brought_ = 0, already_ = 0;
};

}  // namespace

Result<int> import_bundle(Session& session) {
  const auto path = session.args().value("--path");
  auto bundle = FileSource::open(path);
  if (!bundle)
    return fail(Errc::invalid_argument, "cannot read " + path + ": " + bundle.error().message(),
                "check its path");
  const auto manifest = TRY(read_manifest(path, **bundle));
  auto* server = TRY(session.server());
  Importing importing(session, *server, **bundle, manifest);
  return importing.run();
}

}  // namespace granary::cli
