#pragma once
/// The XML that S3 speaks: elements and text. Strict and bounded: no document types, no entities but the
/// five, depth and length of text limited. Pure.

#include <chrono>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/result.h"

namespace granary::blob::s3 {

/// Called at the end of every element with the path of its names ("ListBucketResult/Contents/Key") and its
/// own text.
using XmlVisitor = std::function<Result<>(std::string_view path, const std::string& text)>;
/// Errc::corrupt when it is not one whole well-formed document.
Result<> read_xml(std::string_view document, const XmlVisitor& visit);

struct ObjectInfo {
  std::string key;
  std::uint64_t size = 0;
  Time modified{};
};

/// The answer of ListObjectsV2.
struct ListPage {
  std::vector<ObjectInfo> objects{};
  std::optional<std::string> next{};  // token of the next page
};
Result<ListPage> parse_list(std::string_view document);

/// An upload in parts that was neither completed nor aborted.
struct UploadInfo {
  std::string key, id;
  Time initiated{};
};

/// The answer of ListMultipartUploads.
struct UploadPage {
  std::vector<UploadInfo> uploads{};
  std::string next_key{}, next_upload{};  // markers of the next page; empty: there is none
};
Result<UploadPage> parse_uploads(std::string_view document);

/// The body of a refusal. Empty code when it is something else.
struct ServiceError {
  std::string code{}, message{};
};
ServiceError parse_error(std::string_view document);

/// The text of the one element at `path`; Errc::corrupt when there is none.
Result<std::string> parse_one(std::string_view document, std::string_view path);

/// "2013-05-24T12:00:00.000Z".
std::optional<Time> parse_iso8601(std::string_view text);

}  // namespace granary::blob::s3
