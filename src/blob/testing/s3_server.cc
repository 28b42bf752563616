#include "blob/testing/s3_server.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <signal.h>
#include <spawn.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <thread>

#include "base/text.h"

namespace granary::blob {
namespace {

std::string find_program() {
  std::vector<std::string> candidates;
  if (const char* named = std::getenv("GRANARY_VERSITYGW")) candidates.emplace_back(named);
  if (const char* path = std::getenv("PATH")) {
    for (const auto folder : split(path, ':')) candidates.push_back(std::string(folder) + "/versitygw");
  }
  if (const char* home = std::getenv("HOME")) candidates.push_back(std::string(home) + "/go/bin/versitygw");
  for (const auto& candidate : candidates) {
    if (::access(candidate.c_str(), X_OK) == 0) return candidate;
  }
  return {};
}

UniqueFd bound_socket(int& port) {
  UniqueFd fd(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  address.sin_port = htons(static_cast<std::uint16_t>(port));
  socklen_t size = sizeof address;
  if (::bind(fd.get(), reinterpret_cast<sockaddr*>(&address), size) != 0) return {};
  ::getsockname(fd.get(), reinterpret_cast<sockaddr*>(&address), &size);
  port = ntohs(address.sin_port);
  return fd;
}

bool accepts(int port) {
  const UniqueFd fd(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  address.sin_port = htons(static_cast<std::uint16_t>(port));
  return ::connect(fd.get(), reinterpret_cast<sockaddr*>(&address), sizeof address) == 0;
}

}  // namespace

std::shared_ptr<S3Server> S3Server::start() {
  const std::string program = find_program();
  if (program.empty()) {
    const char* ci = std::getenv("CI");
    if (ci && std::string_view(ci) == "true") ADD_FAILURE() << "versitygw is missing, and CI must have it";
    std::fprintf(stderr,
                 "\n*** NOT TESTED on a real S3 server: versitygw is neither on the PATH nor in "
                 "GRANARY_VERSITYGW\n\n");
    return nullptr;
  }
  for (int attempt = 0; attempt < 5;
       ++attempt) {  // another process may take the free port before the server does
    std::shared_ptr<S3Server> server(new S3Server);
    if (server->run(program)) return server;
  }
  ADD_FAILURE() << "cannot start " << program;
  return nullptr;
}

bool S3Server::run(const std::string& program) {
  std::filesystem::create_directory(folder_.path() + "/bucket");  // a folder of the root is a bucket
  bound_socket(port_);
  const std::string address = "127.0.0.1:" + std::to_string(port_);
  const std::string root = folder_.path(), log = work_.path() + "/log";
  process_ = ::fork();
  if (process_ == 0) {
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);  // a test that crashes leaves no server behind
    const int out = ::open(log.c_str(), O_WRONLY | O_CREAT | O_APPEND, 0600);
    ::dup2(out, 1);
    ::dup2(out, 2);
    ::execl(program.c_str(), program.c_str(), "--port", address.c_str(), "--access", "granary", "--secret",
            "granary-secret", "--quiet", "--keep-alive", "posix", root.c_str(), nullptr);
    ::_exit(127);
  }
  for (int i = 0; i < 1000; ++i) {
    int status = 0;
    if (::waitpid(process_, &status, WNOHANG) == process_) {
      process_ = -1;
      return false;
    }
    if (accepts(port_)) return true;
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  }
  return false;
}

S3Server::~S3Server() {
  if (process_ <= 0) return;
  ::kill(process_, SIGKILL);
  ::waitpid(process_, nullptr, 0);
}

S3Options S3Server::options(const std::string& prefix) {
  S3Options options;
  options.bucket = "bucket";
  options.prefix = prefix;
  options.endpoint = url();
  options.access_key = "granary";
  options.secret_key = "granary-secret";
  options.cache_directory = work_.path() + "/cache" + std::to_string(stores_++);
  return options;
}

}  // namespace granary::blob
