#include "blob/testing/kms_server.h"

#include "base/json.h"
#include "base/text.h"
#include "net/http_client.h"

namespace granary::blob {

std::shared_ptr<KmsServer> KmsServer::start() {
  std::shared_ptr<KmsServer> server(new KmsServer);
  server->process_ = ServerProcess::start("moto_server", "GRANARY_MOTO", [](int port) {
    return std::vector<std::string>{"-H", "127.0.0.1", "-p", std::to_string(port)};
  });
  return server->process_ ? server : nullptr;
}

std::string KmsServer::call(const std::string& action, const std::string& body) {
  net::HttpClient http{net::ClientOptions{}};
  const MemorySource source(body);
  net::Request request{.method = "POST", .url = url() + "/"};
  // It does not check signatures, but reads the service and the region from them.
  request.headers = {{"X-Amz-Target", "TrentService." + action},
                     {"Content-Type", "application/x-amz-json-1.1"},
                     {"Authorization", "AWS4-HMAC-SHA256 Credential=a/20240501/us-east-1/kms/aws4_request"}};
  request.body = &source;
  const auto answer = http.request(test_context(), request);
  if (!answer || !answer->ok()) {
    ADD_FAILURE() << action << ": " << (answer ? answer->body : answer.error().message());
    return "{}";
  }
  return answer->body;
}

KmsServer::Made KmsServer::data_key(const std::string& key, const std::string& sha256) {
  const auto answer = Json::parse(call(
      "GenerateDataKey",
      R"({"KeyId":")" + key + R"(","KeySpec":"AES_256","EncryptionContext":{"sha256":")" + sha256 + "\"}}"));
  const auto member = [&](const char* name) {
    return std::string(answer ? (*answer)[name].string().value_or("") : "");
  };
  return {member("KeyId"), unbase64(member("Plaintext")).value_or(""),
          unbase64(member("CiphertextBlob")).value_or("")};
}

std::string KmsServer::create_key() {
  const auto answer = Json::parse(call("CreateKey", "{}"));
  return std::string(answer ? (*answer)["KeyMetadata"]["Arn"].string().value_or("") : "");
}

}  // namespace granary::blob
