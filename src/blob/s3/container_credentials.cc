#include "blob/s3/container_credentials.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "base/text.h"
#include "blob/s3/service_credentials.h"

namespace granary::blob::s3 {
namespace {

class Container final : public CredentialSource {
 public:
  Container(TextOf file, std::string url, std::string token, std::string token_file)
      : file_(std::move(file)),
        url_(std::move(url)),
        token_(std::move(token)),
        token_file_(std::move(token_file)),
        name_("the container (" + url_ + ")") {}

  Result<Credentials> fetch(const Context& ctx) override {
    std::string token = token_;
    if (!token_file_.empty()) {
      const auto text = file_(token_file_);
      if (!text)
        return fail(Errc::invalid_argument, "no token in the file " + token_file_,
                    "correct AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE");
      token = trim(*text);
    }
    net::Request request{.url = url_};
    if (!token.empty()) request.headers.push_back({"Authorization", token});
    const auto answer =
        TRY(net::with_retries(ctx, kNextDoorRetry, [&] { return http_.request(ctx, request); }));
    if (answer.ok()) return parse_service_credentials(answer.body, url_);
    return fail(Errc::unavailable,
                fmt::format("{} answered {} when asked for credentials", url_, answer.status),
                "check the role of this container, and AWS_CONTAINER_AUTHORIZATION_TOKEN");
  }
  const std::string& name() const noexcept override { return name_; }

 private:
  const TextOf file_;
  const std::string url_, token_, token_file_, name_;
  net::HttpClient http_{next_door()};
};

bool may_be_asked(std::string_view url) {
  if (starts_with_ignore_case(url, "https://")) return true;
  if (!starts_with_ignore_case(url, "http://")) return false;
  url.remove_prefix(7);
  url = url.substr(0, url.find_first_of("/?#"));
  if (url.find('@') != url.npos) return false;
  const auto host = url.starts_with('[') ? url.substr(0, url.find(']') + 1) : url.substr(0, url.find(':'));
  constexpr std::array<std::string_view, 6> kKnown = {"localhost",     "[::1]",          "127.0.0.1",
                                                      "169.254.170.2", "169.254.170.23", "[fd00:ec2::23]"};
  return std::find(kKnown.begin(), kKnown.end(), host) != kKnown.end();
}

}  // namespace

Result<std::unique_ptr<CredentialSource>> container_credentials(const S3Options& options,
                                                                const TextOf& file) {
  std::string url;
  if (const auto relative = variable(options, "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI")) {
    url = "http://169.254.170.2" + *relative;
  } else if (const auto full = variable(options, "AWS_CONTAINER_CREDENTIALS_FULL_URI")) {
    url = *full;
  } else {
    return nullptr;
  }
  if (!may_be_asked(url))
    return fail(Errc::invalid_argument, "credentials are not asked for in the clear over the network: " + url,
                "use https in AWS_CONTAINER_CREDENTIALS_FULL_URI");
  return std::make_unique<Container>(
      file, std::move(url), variable(options, "AWS_CONTAINER_AUTHORIZATION_TOKEN").value_or(""),
      variable(options, "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE").value_or(""));
}

}  // namespace granary::blob::s3
