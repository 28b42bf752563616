#include "blob/testing/server_process.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>
#include <thread>

#include "base/testing/missing.h"
#include "base/text.h"

namespace granary::blob {
namespace {

std::string find_program(const std::string& program, const char* named_by) {
  std::vector<std::string> candidates;
  if (const char* named = std::getenv(named_by)) candidates.emplace_back(named);
  if (const char* path = std::getenv("PATH")) {
    for (const auto folder : split(path, ':')) candidates.push_back(std::string(folder) + "/" + program);
  }
  if (const char* home = std::getenv("HOME")) candidates.push_back(std::string(home) + "/go/bin/" + program);
  for (const auto& candidate : candidates) {
    if (::access(candidate.c_str(), X_OK) == 0) return candidate;
  }
  return {};
}

sockaddr_in loopback(int port) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  address.sin_port = htons(static_cast<std::uint16_t>(port));
  return address;
}

/// Free a moment ago.
int free_port() {
  const UniqueFd fd(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  sockaddr_in address = loopback(0);
  socklen_t size = sizeof address;
  if (::bind(fd.get(), reinterpret_cast<sockaddr*>(&address), size) != 0) return 0;
  ::getsockname(fd.get(), reinterpret_cast<sockaddr*>(&address), &size);
  return ntohs(address.sin_port);
}

bool accepts(int port) {
  const UniqueFd fd(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  const sockaddr_in address = loopback(port);
  return ::connect(fd.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0;
}

}  // namespace

std::unique_ptr<ServerProcess> ServerProcess::start(
    const std::string& program, const char* named_by,
    const std::function<std::vector<std::string>(int port)>& arguments) {
  const std::string path = find_program(program, named_by);
  if (path.empty()) {
    missing(program + " is neither on the PATH nor in " + named_by);
    return nullptr;
  }
  for (int attempt = 0; attempt < 5;
       ++attempt) {  // another process may take the free port before the server does
    std::unique_ptr<ServerProcess> server(new ServerProcess);
    const int port = free_port();
    if (server->run(path, arguments(port), port)) return server;
  }
  ADD_FAILURE() << "cannot start " << path;
  return nullptr;
}

bool ServerProcess::run(const std::string& program, const std::vector<std::string>& arguments, int port) {
  port_ = port;
  const std::string log = work_.path() + "/log";
  std::vector<char*> argv = {const_cast<char*>(program.c_str())};
  for (const auto& argument : arguments) argv.push_back(const_cast<char*>(argument.c_str()));
  argv.push_back(nullptr);
  process_ = ::fork();
  if (process_ == 0) {
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);  // a test that crashes leaves no server behind
    const int out = ::open(log.c_str(), O_WRONLY | O_CREAT | O_APPEND, 0600);
    ::dup2(out, 1);
    ::dup2(out, 2);
    ::execv(program.c_str(), argv.data());
    ::_exit(127);
  }
  for (int i = 0; i < 6000; ++i) {
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

ServerProcess::~ServerProcess() {
  if (process_ <= 0) return;
  ::kill(process_, SIGKILL);
  ::waitpid(process_, nullptr, 0);
}

}  // namespace granary::blob
