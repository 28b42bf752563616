#include "api/bundle_routes.h"

#include <map>

#include "api/admin_json.h"
#include "api/admin_request.h"
#include "api/blob_answer.h"
#include "api/bundle_lines.h"
#include "api/package_choice.h"
#include "api/python_files.h"
#include "base/hash.h"
#include "catalog/named.h"
#include "view/selection.h"

namespace granary::api {
namespace {

using http::Access;
using http::Method;

constexpr http::RouteSpec kPlan = {"bundle.plan", Method::post, "/__api__/bundle/plan", Access::admin,
                                   "What a bundle of these packages has, with all that they need: a line of "
                                   "JSON per package. Body: {sources, packages, constraints, newest, dates, "
                                   "latest, trees, dependencies, python, platforms}"};
constexpr http::RouteSpec kRead = {
    "bundle.file.read",
    Method::get,
    "/__api__/sources/{source}/bundle/file",
    Access::admin,
    "The bytes of a file that a plan names, fetched from upstream where they are not held",
    "tree,package,key"};
constexpr http::RouteSpec kWrite = {"bundle.file.write",
                                    Method::put,
                                    "/__api__/sources/{source}/bundle/file",
                                    Access::admin,
                                    "Bring a file of a bundle: the body, whose hash must be right. Nothing "
                                    "shows it before its record is imported",
                                    "key,filename,sha256,md5"};
constexpr http::RouteSpec kHas = {"bundle.file.has",
                                  Method::get,
                                  "/__api__/sources/{source}/bundle/held",
                                  Access::admin,
                                  "Whether a file of a bundle is there already",
                                  "key,sha256"};
constexpr http::RouteSpec kImport = {
    "bundle.import", Method::post, "/__api__/bundle", Access::admin,
    "Take in the records of a bundle, whose files were brought before: all or nothing. Body: the lines"};

constexpr auto kPatience = std::chrono::hours(12);

BundleFile bundle_file(const model::FileRecord& file) {
  const bool known = !file.origin || file.origin->digest_known;
  return {file.origin ? file.origin->key : file.filename,
          file.filename,
          known ? file.blob.hex() : "",
          file.md5,
          file.size,
          0};
}

Result<http::Response> plan(const BundleDeps& deps, const Context& short_ctx, const http::Request& request) {
  const Context ctx(short_ctx.log(), short_ctx.stop(), Context::Clock::now() + kPatience);
  const auto fields = TRY(Fields::read(request, {"sources", "packages", "constraints", "newest", "dates",
                                                 "latest", "trees", "dependencies", "python", "platforms"}));
  auto order = TRY(read_choice(fields));
  order.sources = TRY(fields.texts("sources"));
  const auto wanted = TRY(selection_of(*deps.catalog, ctx, order));
  std::string out;
  const auto gaps = TRY(view::select(ctx, *deps.catalog, deps.mirrors.get(), wanted,
                                     requirements_of(*deps.mirrors), [&](const view::Selected& item) {
                                       BundleLine line{"", item.tree, item.package, item.record, {}};
                                       for (const auto& source : wanted.sources) {
                                         if (source.id == item.source) line.source = source.name;
                                       }
                                       for (const auto& file : item.files) {
                                         line.files.push_back(bundle_file(file));
                                         if (file.origin && file.metadata_sha256)
                                           line.files.push_back(bundle_file(metadata_beside(file)));
                                       }
                                       out += to_text(line) + '\n';
                                       return Result<>();
                                     }));
  JsonWriter json;
  const auto list = [&](std::string_view name, const std::vector<std::string>& values) {
    json.key(name);
    json.begin_array();
    for (const auto& value : values) json.value(value);
    json.end_array();
  };
  json.begin_object();
  list("missing", gaps.missing);
  list("unread", gaps.unread);
  json.end_object();
  return http::bytes_response(200, "application/jsonl", out + std::move(json).take() + '\n');
}

Result<std::optional<model::FileRecord>> find_file(const BundleDeps& deps, const Context& ctx,
                                                   const model::Source& source,
                                                   const http::Request& request) {
  const auto package = request.query_value("package").value_or("");
  const auto tree = request.query_value("tree").value_or("");
  const auto key = request.query_value("key").value_or("");
  std::optional<model::FileRecord> found;
  if (!model::is_mirror(source.type)) {
    TRY(deps.catalog->read(ctx, [&](catalog::ReadView& view) -> Result<> {
      found = TRY(view.find_file(source.id, TRY(view.resolve(source.id, model::Latest{})), key));
      return {};
    }));
    return found;
  }
  TRY(view::for_each_file_of(ctx, *deps.catalog, source, tree, package, [&](const model::FileRecord& file) {
    if (file.origin->key == key) found = file;
    if (file.metadata_sha256) {
      auto metadata = metadata_beside(file);
      if (metadata.origin->key == key) found = std::move(metadata);
    }
  }));
  return found;
}

Result<http::Response> read(const BundleDeps& deps, const Context& ctx, const http::Request& request) {
  const auto source = TRY(catalog::source_named(*deps.catalog, ctx, request.parameter("source")));
  const auto file = TRY(find_file(deps, ctx, source, request));
  if (!file) return fail(Errc::not_found, "no such file", "ask for a plan again: the package has changed");
  return file_response(ctx, *deps.blobs, deps.mirrors.get(), *file, "application/octet-stream");
}

Result<Digest> digest_in(const http::Request& request) {
  const auto digest = Digest::parse(request.query_value("sha256").value_or(""));
  if (!digest) return fail(Errc::invalid_argument, "the query has no sha256", "give the SHA-256 in hex");
  return *digest;
}

Result<http::Response> has(const BundleDeps& deps, const Context& ctx, const http::Request& request) {
  const auto source = TRY(catalog::source_named(*deps.catalog, ctx, request.parameter("source")));
  const auto digest = TRY(digest_in(request));
  std::optional<catalog::HeldFile> held;
  TRY(deps.catalog->read(ctx, [&](catalog::ReadView& view) -> Result<> {
    held = TRY(view.mirrors().held(source.id, request.query_value("key").value_or("")));
    return {};
  }));
  JsonWriter json;
  json.begin_object();
  json.member("held", held && held->blob == digest && TRY(deps.blobs->find(ctx, digest)).has_value());
  json.end_object();
  return json_response(200, std::move(json));
}

Result<http::Response> write(const BundleDeps& deps, const Context& ctx, const http::Request& request) {
  const auto source = TRY(catalog::source_named(*deps.catalog, ctx, request.parameter("source")));
  const auto digest = TRY(digest_in(request));
  const auto key = request.query_value("key").value_or("");
  const auto filename = request.query_value("filename").value_or(key).substr(0, 200);
  if (key.empty() || !request.body) return fail(Errc::invalid_argument, "there is no key, or no body");
  blob::BlobInfo blob;
  const auto put = [&]() -> Result<Digest> {
    Hasher hasher(HashKind::sha256);
    const auto writer = TRY(deps.blobs->create(ctx));
    TRY(for_each_chunk(*request.body, [&](ByteSpan bytes) -> Result<> {
      TRY(ctx.check());
      hasher.update(bytes);
      return writer->write(bytes);
    }));
    if (const auto got = hex(as_bytes(hasher.finish())); got != digest.hex())
      return fail(Errc::corrupt,
                  "the bytes of " + filename + " have the SHA-256 " + got + ", not " + digest.hex(),
                  "the bundle is damaged: copy it again from where it was made");
    blob = TRY(writer->commit(digest));
    return digest;
  };
  TRY(catalog::store_and_name(*deps.catalog, ctx, put, [&](std::int64_t after) {
    const Time now = deps.clock->now();
    return deps.mirrors->hold_imported(
        ctx, source, {key, blob.digest, blob.size, request.query_value("md5").value_or(""), now, now}, after);
  }));
  JsonWriter json;
  json.begin_object();
  json.member("size", blob.size);
  json.end_object();
  return json_response(201, std::move(json));
}

Result<mirror::ImportedRecord> imported_record(const BundleLine& line, model::SourceId source) {
  mirror::ImportedRecord record{source, line.tree, line.package, line.record, {}};
  for (const auto& file : line.files) {
    const auto digest = Digest::parse(file.sha256);
    if (!digest)
      return fail(Errc::corrupt, "the bundle gives no SHA-256 of " + file.filename, "make the bundle again");
    record.files.push_back({file.key, file.filename, *digest});
  }
  return record;
}

Result<http::Response> import(const BundleDeps& deps, const Context& ctx, const http::Request& request) {
  if (!request.body) return fail(Errc::invalid_argument, "the body is empty", "send the lines of a bundle");
  const Context patient(ctx.log(), ctx.stop(), Context::Clock::now() + kPatience);
  std::map<std::string, model::SourceId> sources;
  TRY(deps.catalog->read(ctx, [&](catalog::ReadView& view) -> Result<> {
    sources.clear();
    for (const auto& source : TRY(view.sources())) sources.emplace(source.name, source.id);
    return {};
  }));
  const auto done = TRY(deps.mirrors->import_records(patient, [&](const mirror::EachImported& each) {
    return for_each_line(*request.body, [&](std::string_view text) -> Result<> {
      const auto line = TRY(parse_bundle_line(text));
      if (line.record.empty()) return {};  // of one's own: published before
      const auto source = sources.find(line.source);
      if (source == sources.end())
        return fail(Errc::not_found, "no source named '" + line.source.substr(0, 80) + "'",
                    "make it: granary create source --url offline:");
      return each(TRY(imported_record(line, source->second)));
    });
  }));
  JsonWriter json;
  json.begin_object();
  json.member("records", done.records);
  json.member("files", done.files);
  json.end_object();
  return json_response(200, std::move(json));
}

}  // namespace

void bind_bundles(http::Router& router, const BundleDeps& deps) {
  router.bind(kPlan, [deps](const auto& ctx, const auto& request) { return plan(deps, ctx, request); });
  router.bind(kRead, [deps](const auto& ctx, const auto& request) { return read(deps, ctx, request); });
  router.bind(kHas, [deps](const auto& ctx, const auto& request) { return has(deps, ctx, request); });
  router.bind(kWrite, [deps](const auto& ctx, const auto& request) { return write(deps, ctx, request); });
  router.bind(kImport, [deps](const auto& ctx, const auto& request) { return import(deps, ctx, request); });
}

}  // namespace granary::api
