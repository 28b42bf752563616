#pragma once
/// The program git, told what to do and little else: no configuration of this machine, no prompts, no hooks,
/// no transports but those of builders, secrets in files that only it sees.

#include <optional>
#include <string>
#include <vector>

#include "base/context.h"
#include "build/builder.h"
#include "build/credentials.h"
#include "build/remote_refs.h"
#include "build/sandbox.h"
#include "build/work_folder.h"

namespace granary::build {

struct GitSettings {
  std::string proxy{};        // of http and https; empty: none
  std::string known_hosts{};  // file where the keys of SSH hosts are kept that were seen before
};

struct CheckedOut {
  std::string commit;     // in full
  std::int64_t time = 0;  // of the commit, seconds since 1970
};

/// For one builder, in one work folder. One thread. Errors: unavailable with git's words when the repository
/// cannot be reached, not_found for a ref or a commit that it does not have.
class Git {
 public:
  /// `credential`: with its secrets. They are in files of the work folder until this goes.
  static Result<Git> open(const Sandbox&, WorkFolder&, const GitSettings&, const Builder&,
                          const std::optional<Credential>&);
  Git(Git&& other) noexcept;
  Git& operator=(Git&&) = delete;
  ~Git();

  /// HEAD or the branch of the builder, or its tags, the oldest version first, without refs/tags/.
  Result<std::vector<RemoteRef>> refs(const Context&);
  /// A tag ("refs/tags/v1"), a branch ("refs/heads/main"), HEAD, or a commit, into the tree of the work
  /// folder, with submodules. What it writes to the log goes to the job.
  Result<CheckedOut> check_out(const Context&, const std::string& what);

 private:
  Git(const Sandbox& sandbox, WorkFolder& work, const Builder& builder)
      : sandbox_(&sandbox), work_(&work), builder_(&builder) {}
  Result<> prepare(const GitSettings&, const std::optional<Credential>&);
  Result<> prepare_file();
  Result<std::string> prepare_https(const GitSettings&, const std::optional<Credential>&);
  Result<> prepare_ssh(const GitSettings&, const std::optional<Credential>&);
  Result<std::vector<std::string>> run(const Context&, std::vector<std::string> arguments,
                                       const std::string& folder, bool tell);
  Result<> fetch(const Context&, const std::vector<std::string>& refspecs);
  Result<std::string> fetch_commit(const Context&, const std::string& commit);
  Result<> check_out_submodules(const Context&, const std::string& folder, std::int64_t levels);

  const Sandbox* sandbox_;
  WorkFolder* work_;
  const Builder* builder_;
  Program program_;  // all but its arguments
};

}  // namespace granary::build
