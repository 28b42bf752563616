#include "blob/s3/client.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/hash.h"
#include "base/text.h"
#include "base/time_text.h"

namespace granary::blob::s3 {
namespace {

constexpr std::uint64_t kMaxParts = 9'000;  // the protocol allows 10,000

const std::string& empty_sha256() {
  static const std::string hash = sha256({}).hex();
  return hash;
}

Result<Digest> hash_of(const ByteSource& source) {
  Hasher hasher(HashKind::sha256);
  TRY(for_each_chunk(source, [&](ByteSpan bytes) -> Result<> {
    hasher.update(bytes);
    return {};
  }));
  const std::string raw = hasher.finish();
  Digest digest;
  std::copy_n(as_bytes(raw).data(), digest.bytes.size(), digest.bytes.data());
  return digest;
}

/// Can stand between quotation marks of a header.
bool is_plain(std::string_view filename) {
  return !filename.empty() && std::all_of(filename.begin(), filename.end(), [](char c) {
    return c > ' ' && c <= '~' && c != '"' && c != '\\';
  });
}

/// The size of the whole object and the first byte, as the answer to a GET says.
struct Extent {
  std::uint64_t first = 0, whole = 0;
};
std::optional<Extent> extent_of(const net::Response& head) {
  if (head.status != 206) {
    const auto length = parse_unsigned(head.header("content-length"));
    if (!length) return std::nullopt;
    return Extent{0, *length};
  }
  std::string_view range = head.header("content-range");  // bytes 5-9/10
  if (!range.starts_with("bytes ")) return std::nullopt;
  range.remove_prefix(6);
  const auto dash = range.find('-'), slash = range.find('/');
  if (dash == range.npos || slash == range.npos) return std::nullopt;
  const auto first = parse_unsigned(range.substr(0, dash)), whole = parse_unsigned(range.substr(slash + 1));
  if (!first || !whole) return std::nullopt;
  return Extent{*first, *whole};
}

/// 400 is what an expired session token gets; the answer to HEAD cannot say so.
bool refuses_keys(const net::Response& response) {
  return response.status == 400 || response.status == 401 || response.status == 403;
}

}  // namespace

struct S3Client::Call {
  std::string method;
  std::string path;
  Pairs query{};
  Pairs headers{};
  const ByteSource* body = nullptr;
  std::string body_sha256{};
  std::function<Result<>(const net::Response&)> on_head{};
  std::function<Result<>(ByteSpan)> sink{};
};

Result<net::Response> S3Client::once(const Context& ctx, const Credentials& credentials, const Call& call) {
  SigningRequest signing{.method = call.method,
                         .path = call.path,
                         .query = call.query,
                         .headers = call.headers,
                         .payload_sha256 = call.body ? call.body_sha256 : empty_sha256()};
  signing.headers.emplace_back("X-Amz-Content-SHA256", signing.payload_sha256);
  for (bool again = false;; again = true) {
    const auto signed_at = signing_.now();
    auto request = signed_request(service_, credentials, signed_at, signing);
    request.body = call.body;
    request.on_head = call.on_head;
    request.sink = call.sink;
    auto response = http_.request(ctx, request);
    if (settings_.on_answer) settings_.on_answer(call.method, response ? response->status : 0);
    note(response);
    if (again || !response || !refuses_keys(*response) || !signing_.correct(*response, signed_at))
      return response;
  }
}

void S3Client::note(const Result<net::Response>& response) {
  if (response && !net::is_retryable(response->status)) return outage_.answered();
  const bool ours = !response && response.error().code() != Errc::unavailable &&
                    response.error().code() != Errc::deadline_exceeded;
  if (!ours) outage_.failed(Context::Clock::now());
}

tl::unexpected<Error> S3Client::judged(Error error, std::uint64_t answers_at_begin) const {
  const bool brief =
      error.code() == Errc::unavailable && outage_.is_brief(answers_at_begin, Context::Clock::now());
  return tl::unexpected(std::move(error).as_brief(brief));
}

tl::unexpected<Error> S3Client::refused(const net::Response& response) const {
  const auto service = parse_error(response.body);
  const std::string said = service.code.empty() ? std::to_string(response.status)
                                                : fmt::format("{} {}", response.status, service.code);
  const auto make = [&](Errc code, std::string message, std::string hint) {
    return tl::unexpected<Error>(
        Error(code, std::move(message), std::move(hint), __FILE__, __LINE__)
            .note(settings_.endpoint.origin + " said: " + said + " " + service.message));
  };
  if (service.code == "NoSuchBucket")
    return make(Errc::unavailable, "the bucket " + settings_.bucket + " does not exist",
                "create it, or correct S3Storage.Bucket");
  if (response.status == 404)
    return make(Errc::not_found, "the object store has no such object", "run: granary verify");
  if (service.code == "RequestTimeTooSkewed")
    return make(Errc::unavailable, "the object store says that our clock is wrong",
                "set the clock of this machine");
  if (response.status == 401 || response.status == 403)
    return make(Errc::unavailable, fmt::format("the object store refuses our credentials ({})", said),
                "check the credentials of S3Storage, which come from " + settings_.credentials->name() +
                    ", and that they may read, write, list and delete in the bucket " + settings_.bucket);
  if (response.status >= 300 && response.status < 400)
    return make(Errc::unavailable, fmt::format("the bucket {} is elsewhere ({})", settings_.bucket, said),
                "correct S3Storage.Region and S3Storage.Endpoint");
  return make(Errc::unavailable, fmt::format("the object store answered {}", said),
              net::is_retryable(response.status) ? "try again later"
                                                 : "check S3Storage.Endpoint and S3Storage.Region");
}

tl::unexpected<Error> S3Client::too_slow() const {
  return fail(Errc::unavailable,
              "the object store at " + settings_.endpoint.origin + " did not answer in time",
              "check that it is well, then try again");
}

Result<> S3Client::pause(const Context& ctx, int failed,
                         const std::function<tl::unexpected<Error>()>& give_up) const {
  const auto delay = net::delay_after(settings_.retry, failed, net::random_jitter());
  if (!delay) return give_up();
  const auto waited = net::wait(ctx, *delay);
  if (!waited && waited.error().code() == Errc::cancelled) return waited;
  if (!waited) return give_up();
  return {};
}

/// Tries until an answer comes that trying again would not change. Keys that have just been replaced get one
/// more chance.
Result<net::Response> S3Client::send(const Context& ctx, const Call& call) {
  TRY(ctx.check());
  const auto turn = TRY(ctx.wait_for_remote());
  auto credentials = TRY(settings_.credentials->get(ctx));
  for (bool again = false;; again = true) {
    const auto answers = outage_.answers();
    auto response = net::with_retries(ctx, settings_.retry, [&] { return once(ctx, credentials, call); });
    if (response && net::is_retryable(response->status)) return judged(refused(*response).value(), answers);
    if (!response && response.error().code() == Errc::deadline_exceeded) return too_slow();
    if (!response) return judged(std::move(response).error(), answers);
    if (!refuses_keys(*response) || again) return response;
    auto others = settings_.credentials->after_refusal(ctx, credentials);
    if (!others) return response;
    credentials = std::move(*others);
  }
}

Result<net::Response> S3Client::expect_ok(const Context& ctx, const Call& call) {
  auto response = TRY(send(ctx, call));
  if (!response.ok()) return refused(response);
  return response;
}

Result<std::optional<ObjectInfo>> S3Client::head(const Context& ctx, const std::string& key) {
  const auto response = TRY(send(ctx, {.method = "HEAD", .path = settings_.endpoint.path_of(key)}));
  if (response.status == 404) return std::optional<ObjectInfo>();
  if (!response.ok()) return refused(response);
  const auto size = parse_unsigned(response.header("content-length"));
  const auto modified = parse_http_date(response.header("last-modified"));
  if (!size || !modified)
    return fail(Errc::corrupt, "the object store gave an object without size or time",
                "check S3Storage.Endpoint");
  return std::optional<ObjectInfo>(ObjectInfo{key, *size, Time(*modified)});
}

Result<> S3Client::get(const Context& ctx, const std::string& key, Range range,
                       const std::function<Result<>(std::uint64_t)>& begin,
                       const std::function<Result<>(ByteSpan)>& sink) {
  const auto turn = TRY(ctx.wait_for_remote());
  std::uint64_t received = 0;
  std::optional<std::uint64_t> whole;
  std::optional<Error> ours;  // of a callback: not to be tried again
  auto answers = outage_.answers();
  const auto keep = [&](Result<> result) {
    if (!result) ours = result.error();
    return result;
  };
  for (int failed = 1;; ++failed) {
    Call call{.method = "GET", .path = settings_.endpoint.path_of(key)};
    const std::uint64_t from = range.offset + received;
    if (from > 0 || range.length) {
      const std::string last = range.length ? std::to_string(range.offset + *range.length - 1) : "";
      call.headers.emplace_back("Range", fmt::format("bytes={}-{}", from, last));
    }
    const bool ranged = !call.headers.empty();
    call.on_head = [&](const net::Response& head) -> Result<> {
      if (!head.ok()) return {};
      const auto extent = extent_of(head);
      if (!extent || (ranged && head.status != 206) || extent->first != from ||
          (whole && extent->whole != *whole))
        return keep(fail(Errc::corrupt, "the object store answered another range than was asked",
                         "check S3Storage.Endpoint"));
      if (whole) return {};
      whole = extent->whole;
      return keep(begin(extent->whole));
    };
    call.sink = [&](ByteSpan bytes) -> Result<> {
      received += bytes.size();
      return keep(sink(bytes));
    };
    const std::uint64_t before = received;
    const auto credentials = TRY(settings_.credentials->get(ctx));  // a long download may outlive them
    auto response = once(ctx, credentials, call);
    if (ours) return tl::unexpected(std::move(*ours));
    if (response && response->ok()) return {};
    if (response && response->status == 416 && from == 0) return begin(0);  // no range of an empty object
    if (response && refuses_keys(*response) && failed == 1) {
      if (settings_.credentials->after_refusal(ctx, credentials)) continue;
    }
    if (response && !net::is_retryable(response->status)) return refused(*response);
    if (!response && response.error().code() == Errc::deadline_exceeded) return too_slow();
    if (!response && response.error().code() != Errc::unavailable) return tl::unexpected(response.error());
    if (received > before) {  // it moves on: a new series of attempts
      failed = 1;
      answers = outage_.answers();
    }
    TRY(pause(ctx, failed, [&]() -> tl::unexpected<Error> {
      return judged(response ? refused(*response).value() : response.error(), answers);
    }));
  }
}

Result<> S3Client::put(const Context& ctx, const std::string& key, const ByteSource& body,
                       const std::optional<Digest>& digest) {
  return body.size() <= settings_.part_size ? put_whole(ctx, key, body, digest) : put_parts(ctx, key, body);
}

Result<> S3Client::put_whole(const Context& ctx, const std::string& key, const ByteSource& body,
                             const std::optional<Digest>& digest) {
  const Digest hash = digest ? *digest : TRY(hash_of(body));
  TRY(expect_ok(ctx, {.method = "PUT",
                      .path = settings_.endpoint.path_of(key),
                      .headers = content_headers(),
                      .body = &body,
                      .body_sha256 = hash.hex()}));
  return {};
}

Pairs S3Client::content_headers() const {
  Pairs headers = {{"Content-Type", "application/octet-stream"}};
  headers.insert(headers.end(), settings_.encryption.begin(), settings_.encryption.end());
  return headers;
}

Result<> S3Client::abort(const Context& ctx, const std::string& path, const std::string& upload) {
  const auto answer = TRY(send(ctx, {.method = "DELETE", .path = path, .query = {{"uploadId", upload}}}));
  if (answer.ok() || answer.status == 404) return {};
  return refused(answer);
}

Result<> S3Client::put_parts(const Context& ctx, const std::string& key, const ByteSource& body) {
  const std::string path = settings_.endpoint.path_of(key);
  const auto started = TRY(expect_ok(
      ctx, {.method = "POST", .path = path, .query = {{"uploads", ""}}, .headers = content_headers()}));
  const std::string upload = TRY(parse_one(started.body, "InitiateMultipartUploadResult/UploadId"));
  auto result = upload_parts(ctx, key, upload, body);
  if (!result) {
    // The caller's time may be over, but parts that nobody completes cost money for ever.
    const Context last(ctx.log(), {}, Context::Clock::now() + std::chrono::seconds(10));
    const auto aborted = abort(last, path, upload);
    if (!aborted) ctx.log().failed("cannot abort a multipart upload", aborted.error());
  }
  return result;
}

Result<> S3Client::upload_parts(const Context& ctx, const std::string& key, const std::string& upload,
                                const ByteSource& body) {
  const std::string path = settings_.endpoint.path_of(key);
  const std::uint64_t part_size = std::max(settings_.part_size, body.size() / kMaxParts + 1);
  std::string complete = "<CompleteMultipartUpload>";
  int number = 1;
  for (std::uint64_t offset = 0; offset < body.size(); offset += part_size, ++number) {
    const SliceSource part(body, offset, std::min(part_size, body.size() - offset));
    const auto answer =
        TRY(expect_ok(ctx, {.method = "PUT",
                            .path = path,
                            .query = {{"partNumber", std::to_string(number)}, {"uploadId", upload}},
                            .body = &part,
                            .body_sha256 = TRY(hash_of(part)).hex()}));
    complete += fmt::format("<Part><PartNumber>{}</PartNumber><ETag>{}</ETag></Part>", number,
                            html_escape(answer.header("etag")));
  }
  const MemorySource document(complete + "</CompleteMultipartUpload>");
  const auto answer = TRY(send(ctx, {.method = "POST",
                                     .path = path,
                                     .query = {{"uploadId", upload}},
                                     .headers = {{"Content-Type", "application/xml"}},
                                     .body = &document,
                                     .body_sha256 = sha256(*document.in_memory()).hex()}));
  if (answer.ok() && parse_error(answer.body).code.empty())
    return {};  // 200 may carry an error: it is slow to answer
  // When the answer to the first attempt was lost, the second says that there is no such upload.
  if (const auto there = TRY(head(ctx, key)); there && there->size == body.size()) return {};
  return refused(answer);
}

Result<std::optional<DirectUrl>> S3Client::presign(const Context& ctx, const std::string& key,
                                                   const Presentation& as) {
  const auto credentials = TRY(settings_.credentials->get(ctx));
  const auto window = signing_window(signing_.now(), settings_.direct_url_lifetime, credentials.expires);
  if (!window) return std::optional<DirectUrl>();
  const auto& endpoint =
      settings_.public_endpoint.host.empty() ? settings_.endpoint : settings_.public_endpoint;
  SigningRequest request{.method = "GET",
                         .path = endpoint.path_of(key),
                         .query = {{"response-content-type", as.content_type}},
                         .headers = {},
                         .payload_sha256 = {}};
  if (is_plain(as.filename))  // the object is named by its hash
    request.query.emplace_back("response-content-disposition", "attachment; filename=\"" + as.filename + '"');
  std::string url = endpoint.origin + request.path + "?";
  url += presigned_query(credentials, settings_.region, window->signed_at, window->valid, endpoint.host,
                         std::move(request));
  return std::optional<DirectUrl>(DirectUrl{std::move(url), window->left});
}

Result<> S3Client::touch(const Context& ctx, const std::string& key) {
  const std::string path = settings_.endpoint.path_of(key);
  const std::string source = settings_.endpoint.root == "/" ? "/" + settings_.bucket + path : path;
  Pairs headers = content_headers();
  headers.insert(headers.end(), {{"X-Amz-Copy-Source", source}, {"X-Amz-Metadata-Directive", "REPLACE"}});
  const auto answer = TRY(expect_ok(ctx, {.method = "PUT", .path = path, .headers = std::move(headers)}));
  if (!parse_error(answer.body).code.empty()) return refused(answer);
  return {};
}

Result<> S3Client::remove(const Context& ctx, const std::string& key) {
  const auto answer = TRY(send(ctx, {.method = "DELETE", .path = settings_.endpoint.path_of(key)}));
  if (answer.ok()) return {};
  if (answer.status == 404 && parse_error(answer.body).code != "NoSuchBucket") return {};
  return refused(answer);
}

Result<> S3Client::list(const Context& ctx, const std::string& prefix,
                        const std::function<Result<>(const ObjectInfo&)>& each) {
  const std::string whole_prefix = settings_.endpoint.prefix + prefix;
  std::optional<std::string> token;
  for (;;) {
    TRY(ctx.check());
    Call call{.method = "GET", .path = settings_.endpoint.bucket_path()};
    call.query = {{"list-type", "2"}, {"prefix", whole_prefix}, {"encoding-type", "url"}};
    if (token) call.query.emplace_back("continuation-token", *token);
    const auto answer = TRY(expect_ok(ctx, call));
    auto page = TRY(parse_list(answer.body));
    for (auto& object : page.objects) {
      if (!object.key.starts_with(whole_prefix)) continue;
      object.key.erase(0, settings_.endpoint.prefix.size());
      TRY(each(object));
    }
    if (!page.next) return {};
    if (page.next == token)
      return fail(Errc::corrupt, "the object store lists the same page for ever", "check S3Storage.Endpoint");
    token = std::move(page.next);
  }
}

Result<std::size_t> S3Client::abort_uploads(const Context& ctx, Time before) {
  std::size_t count = 0;
  UploadPage page;
  do {
    Call call{.method = "GET", .path = settings_.endpoint.bucket_path()};
    call.query = {{"uploads", ""}, {"prefix", settings_.endpoint.prefix}, {"encoding-type", "url"}};
    if (!page.next_key.empty()) {
      call.query.emplace_back("key-marker", page.next_key);
      call.query.emplace_back("upload-id-marker", page.next_upload);
    }
    const auto answer = TRY(expect_ok(ctx, call));
    auto next = TRY(parse_uploads(answer.body));
    for (const auto& upload : next.uploads) {
      if (upload.initiated >= before || !upload.key.starts_with(settings_.endpoint.prefix)) continue;
      const auto key = upload.key.substr(settings_.endpoint.prefix.size());
      TRY(abort(ctx, settings_.endpoint.path_of(key), upload.id));
      ++count;
    }
    if (!next.next_key.empty() && next.next_key == page.next_key && next.next_upload == page.next_upload)
      return fail(Errc::corrupt, "the object store lists the same page for ever", "check S3Storage.Endpoint");
    page = std::move(next);
  } while (!page.next_key.empty());
  return count;
}

}  // namespace granary::blob::s3
