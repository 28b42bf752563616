#include "api/upload_handlers.h"

#include "api/upload_form.h"
#include "api/upload_routes.h"
#include "base/json.h"
#include "base/log.h"
#include "base/text.h"
#include "http/multipart.h"
#include "http/status.h"

namespace granary::api {
namespace {

/// uv prefers JSON; twine and poetry show text.
bool wants_json(const http::Request& request) {
  return starts_with_ignore_case(request.header("Accept"), "application/json");
}

/// uv takes 409 for "exists already, and that is fine"; twine wants "already exists" in a 400. So every
/// conflict is a 400 that says what it is.
int upload_status(Errc code) {
  if (code == Errc::conflict) return 400;
  if (code == Errc::unsupported) return 410;
  return http::status_for(code);
}

http::Response refusal(const http::Request& request, const Error& error) {
  auto response = http::error_response(error);  // Retry-After, WWW-Authenticate and the reason
  response.status = upload_status(error.code());
  const std::string whole = error.hint().empty() ? error.message() : error.message() + ": " + error.hint();
  // twine shows the reason phrase and nothing of the body.
  if (response.status < 500)
    response.reason =
        http::error_response(Error(Errc::invalid_argument, whole, {}, error.file(), error.line())).reason;
  std::string body;
  if (wants_json(request)) {
    // As PyPI's: uv shows `code`.
    JsonWriter json;
    json.begin_object();
    json.member("code", std::to_string(response.status) + " " + whole);
    json.member("title", http::reason_for(response.status));
    json.member("error", error.message());
    json.member("hint", error.hint());
    json.end_object();
    body = std::move(json).take() + "\n";
  } else {
    body = error.message() + "\n" + (error.hint().empty() ? "" : error.hint() + "\n");
    for (auto& header : response.headers)
      if (equals_ignore_case(header.name, "Content-Type")) header.value = "text/plain; charset=utf-8";
  }
  response.body = http::BytesBody{std::make_shared<const std::string>(std::move(body))};
  return response;
}

http::Response receipt(const http::Request& request, const ingest::Published& published,
                       const std::vector<std::string>& warnings) {
  const auto& file = published.file;
  if (wants_json(request)) {
    JsonWriter json;
    json.begin_object();
    json.member("filename", file.filename);
    json.member("name", file.package);
    json.member("version", file.version);
    json.member("sha256", file.blob.hex());
    json.member("already", published.already);
    json.member("transaction", file.added_in.value);
    json.key("warnings");
    json.begin_array();
    for (const auto& warning : warnings) json.value(warning);
    json.end_array();
    json.end_object();
    return http::bytes_response(200, "application/json", std::move(json).take() + "\n");
  }
  std::string text =
      file.filename + (published.already ? " was there already, with the same content\n" : " is published\n");
  for (const auto& warning : warnings) text += "warning: " + warning + "\n";
  return http::bytes_response(200, "text/plain; charset=utf-8", std::move(text));
}

Result<http::Response> upload(const UploadDependencies& dependencies, const Context& ctx,
                              const http::Request& request) {
  if (!request.body)
    return fail(
        Errc::invalid_argument, "the request has no body",
        "this address takes uploads: twine upload --repository-url <it>, or uv publish --publish-url <it>");
  const auto form = TRY(http::parse_multipart(*request.body, request.header("Content-Type")));
  auto read = TRY(read_upload_form(form));
  const SliceSource bytes(*request.body, read.file->offset, read.file->size);
  read.upload.bytes = &bytes;

  ingest::Publish how;
  how.actor = dependencies.actor ? dependencies.actor(ctx, request) : std::string();
  how.comment = "upload";
  auto published = TRY(dependencies.ingest->publish(ctx, request.parameter("source"), read.upload, how));
  auto warnings = std::move(read.warnings);
  warnings.insert(warnings.end(), published.warnings.begin(), published.warnings.end());
  return receipt(request, published, warnings);
}

}  // namespace

void bind_upload(http::Router& router, UploadDependencies dependencies) {
  const auto deps = std::make_shared<const UploadDependencies>(std::move(dependencies));
  for (const auto* route : kUploadRoutes) {
    router.bind(*route, [deps](const Context& ctx, const http::Request& request) -> Result<http::Response> {
      auto response = upload(*deps, ctx, request);
      if (response) return response;
      const auto& error = response.error();
      if (http::status_for(error.code()) >= 500 && error.code() != Errc::unsupported)
        ctx.log().failed("failed to take an upload", error);
      return refusal(request, error);
    });
  }
}

}  // namespace granary::api
