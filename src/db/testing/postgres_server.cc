#include "db/testing/postgres_server.h"

#include <fcntl.h>
#include <libpq-fe.h>
#include <pwd.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <thread>
#include <vector>

#include "base/file.h"
#include "base/uri.h"

namespace granary::db::testing {
namespace {

namespace fs = std::filesystem;

/// The folder with initdb and postgres: GRANARY_POSTGRES_BIN, or Debian's newest.
std::string find_programs() {
  if (const char* set = std::getenv("GRANARY_POSTGRES_BIN")) return set;
  std::string found;
  std::error_code ignored;
  for (const auto& version : fs::directory_iterator("/usr/lib/postgresql", ignored)) {
    const auto bin = version.path() / "bin";
    if (fs::exists(bin / "initdb") && bin.string() > found) found = bin.string();
  }
  return found;
}

pid_t spawn(const std::vector<std::string>& command, const std::string& log, uid_t user, gid_t group) {
  std::vector<char*> arguments;
  for (const auto& word : command) arguments.push_back(const_cast<char*>(word.c_str()));
  arguments.push_back(nullptr);
  const pid_t pid = ::fork();
  if (pid != 0) return pid;
  const int out = ::open(log.c_str(), O_WRONLY | O_CREAT | O_APPEND, 0666);
  ::dup2(out, 1);
  ::dup2(out, 2);
  if (::geteuid() == 0 && (::setgid(group) != 0 || ::setuid(user) != 0)) ::_exit(127);
  ::prctl(PR_SET_PDEATHSIG, SIGINT);
  ::setsid();  // the terminal's ^C is not for it
  ::execv(arguments[0], arguments.data());
  ::_exit(127);
}

}  // namespace

PostgresServer::PostgresServer(std::string folder, std::string programs, uid_t user, gid_t group)
    : folder_(std::move(folder)),
      programs_(std::move(programs)),
      url_("postgres://granary@/postgres?host=" + percent_encode(folder_)),
      user_(user),
      group_(group) {}

PostgresServer* PostgresServer::shared(std::string* missing) {
  static const Result<std::unique_ptr<PostgresServer>> server = create();
  if (server) return server->get();
  if (missing) *missing = server.error().message();
  return nullptr;
}

Result<std::unique_ptr<PostgresServer>> PostgresServer::create() {
  const auto programs = find_programs();
  if (programs.empty())
    return fail(Errc::not_found, "PostgreSQL is not installed",
                "apt-get install postgresql, or set GRANARY_POSTGRES_BIN");
  uid_t user = ::geteuid();
  gid_t group = ::getegid();
  if (user == 0) {
    const passwd* entry = ::getpwnam("postgres");
    if (!entry) entry = ::getpwnam("nobody");
    if (!entry) return fail(Errc::not_found, "no unprivileged user can run PostgreSQL");
    user = entry->pw_uid;
    group = entry->pw_gid;
  }
  std::string folder = "/tmp/granary-postgres-XXXXXX";  // short: the path of a socket has 107 bytes at most
  if (!::mkdtemp(folder.data())) return system_error(errno, "make a folder");
  if (::geteuid() == 0 && ::chown(folder.c_str(), user, group) != 0)
    return system_error(errno, "give a folder away");
  std::unique_ptr<PostgresServer> server(new PostgresServer(folder, programs, user, group));
  TRY(server->prepare());
  TRY(server->start());
  return server;
}

Result<> PostgresServer::prepare() {
  const pid_t pid = spawn({programs_ + "/initdb", "-D", folder_ + "/data", "-U", "granary", "-A", "trust",
                           "-E", "UTF8", "--locale=C.UTF-8", "--no-sync"},
                          folder_ + "/log", user_, group_);
  int status = 0;
  if (::waitpid(pid, &status, 0) < 0 || status != 0)
    return fail(Errc::internal, "initdb failed: " + read_file(folder_ + "/log").value_or("no log"));
  return {};
}

Result<> PostgresServer::start() {
  pid_ = spawn({programs_ + "/postgres", "-D", folder_ + "/data", "-k", folder_, "-c",
                "listen_addresses=", "-c", "fsync=on", "-c", "max_connections=80", "-c",
                "shared_buffers=16MB", "-c", "recovery_init_sync_method=syncfs", "-c", "autovacuum=off"},
               folder_ + "/log", user_, group_);
  for (int turn = 0; turn < 600; ++turn) {
    if (PQping(url_.c_str()) == PQPING_OK) return {};
    int status = 0;
    if (::waitpid(pid_, &status, WNOHANG) == pid_) {
      pid_ = -1;
      break;
    }
    std::this_thread::sleep_for(std::chrono::milliseconds(50));  // another process: nothing to wait on
  }
  return fail(Errc::internal, "PostgreSQL did not start: " + read_file(folder_ + "/log").value_or("no log"));
}

void PostgresServer::end(int signal) {
  if (pid_ <= 0) return;
  ::kill(pid_, signal);
  ::waitpid(pid_, nullptr, 0);
  pid_ = -1;
}

void PostgresServer::stop() { end(SIGINT); }
void PostgresServer::kill() { end(SIGQUIT); }

PostgresServer::~PostgresServer() {
  end(SIGQUIT);
  std::error_code ignored;
  fs::remove_all(folder_, ignored);
}

Result<std::string> PostgresServer::new_schema() {
  const std::string name = "test_" + std::to_string(::getpid()) + "_" + std::to_string(++schemas_);
  const std::unique_ptr<PGconn, decltype(&PQfinish)> connection(PQconnectdb(url_.c_str()), &PQfinish);
  const std::unique_ptr<PGresult, decltype(&PQclear)> made(
      PQexec(connection.get(), ("CREATE SCHEMA " + name).c_str()), &PQclear);
  if (PQresultStatus(made.get()) != PGRES_COMMAND_OK)
    return fail(Errc::internal, PQerrorMessage(connection.get()));
  return url_ + "&search_path=" + name;
}

}  // namespace granary::db::testing
