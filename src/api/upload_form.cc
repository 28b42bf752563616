#include "api/upload_form.h"

#include <algorithm>

#include "base/text.h"

namespace granary::api {
namespace {

constexpr std::string_view kClientHint = "upload with a current twine, uv publish or poetry publish";
constexpr std::size_t kShown = 80;  // of what a client sent, in a message

/// Empty is as good as absent: uv sends requires_python always.
std::optional<std::string> given(const http::Form& form, std::string_view name) {
  const auto value = form.field(name);
  if (!value || trim(*value).empty()) return std::nullopt;
  return std::string(trim(*value));
}

Result<std::optional<std::string>> digest(const http::Form& form, std::string_view name, std::size_t digits) {
  auto value = given(form, name);
  if (!value) return std::nullopt;
  *value = lower(*value);
  const bool good = value->size() == digits && std::all_of(value->begin(), value->end(), [](char c) {
                      return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f');
                    });
  if (!good)
    return fail(
        Errc::invalid_argument,
        "the form's " + std::string(name) + " is not " + std::to_string(digits) + " hexadecimal digits",
        std::string(kClientHint));
  return value;
}

Result<> check_action(const http::Form& form) {
  const auto action = form.field(":action").value_or("");
  if (action == "file_upload") {
    const auto protocol = form.field("protocol_version").value_or("1");
    if (protocol == "1") return {};
    return fail(Errc::invalid_argument,
                "protocol version '" + std::string(protocol.substr(0, kShown)) + "' is unknown",
                "send protocol_version=1");
  }
  if (action == "submit" || action == "submit_pkg_info" || action == "doc_upload")
    return fail(Errc::unsupported,
                "':action=" + std::string(action) + "' is no longer a thing that can be done",
                "a project is made by the upload of its first file: send :action=file_upload");
  return fail(Errc::invalid_argument, "the form's :action is not file_upload", std::string(kClientHint));
}

Result<> check_filetype(const http::Form& form, std::string_view filename) {
  const auto filetype = form.field("filetype");
  if (!filetype || filetype->empty()) return {};
  const bool is_wheel = filename.ends_with(".whl");
  if (*filetype == "bdist_wheel" && is_wheel) return {};
  if (*filetype == "sdist" && !is_wheel) return {};
  if (*filetype == "bdist_wheel" || *filetype == "sdist")
    return fail(Errc::invalid_argument,
                "the form says " + std::string(*filetype) + ", but the file's name does not",
                std::string(kClientHint));
  return fail(Errc::invalid_argument,
              "files of type '" + std::string(filetype->substr(0, kShown)) + "' are not taken (PEP 527)",
              "publish a wheel or an sdist: python -m build makes both");
}

}  // namespace

Result<UploadForm> read_upload_form(const http::Form& form) {
  TRY(check_action(form));
  UploadForm out;
  out.file = form.file("content");
  if (out.file == nullptr)
    return fail(Errc::invalid_argument, "the form has no file named content", std::string(kClientHint));
  if (std::count_if(form.files.begin(), form.files.end(),
                    [](const auto& file) { return file.name == "content"; }) > 1)
    return fail(Errc::invalid_argument, "the form has more than one file named content",
                "send one file per request");
  TRY(check_filetype(form, out.file->filename));
  auto& upload = out.upload;
  upload.filename = out.file->filename;
  upload.sha256 = TRY(digest(form, "sha256_digest", 64));
  upload.md5 = TRY(digest(form, "md5_digest", 32));
  upload.blake2b_256 = TRY(digest(form, "blake2_256_digest", 64));
  upload.name = given(form, "name");
  upload.version = given(form, "version");
  upload.requires_python = given(form, "requires_python");
  if (form.file("gpg_signature") != nullptr) out.warnings.emplace_back("the GPG signature was not kept");
  if (given(form, "attestations")) out.warnings.emplace_back("the attestations were not kept");
  return out;
}

}  // namespace granary::api
