#pragma once
/// Looking at a repository and building what is new in it, as a job. docs/adr/0029-builds-from-git.md

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/metrics.h"
#include "build/builders.h"
#include "build/builds.h"
#include "build/credentials.h"
#include "build/git.h"
#include "build/publisher.h"
#include "build/sandbox.h"
#include "build/toolchain.h"
#include "build/work_folder.h"
#include "jobs/handler.h"

namespace granary::build {

/// What builds stand on. Everything outlives handlers and pollers.
struct Parts {
  std::shared_ptr<Builders> builders;
  std::shared_ptr<Builds> builds;
  std::shared_ptr<Credentials> credentials;
  std::shared_ptr<Publisher> publisher;
  SandboxSettings sandbox{};
  GitSettings git{};
  ToolSettings tools{};
  std::string folder;                     // where work folders are made; nobody else's
  std::string node{};                     // the name of this one, for who reads what it lacks
  Metrics* metrics = nullptr;             // may be null
  std::uint64_t least_free = kLeastFree;  // bytes on the disk of `folder`; with less it builds nothing
  std::size_t most_builds = 20;  // of one turn of a job, which ends after an hour, too: another job goes on
};

/// The commits that the repository has for the builder: its branch's, or its tags.
Result<std::vector<RemoteRef>> look(const Context&, const Parts&, const Sandbox&, const Builder&);

/// Builds whose jobs are over have failed, and count.
Result<> end_orphans(const Context&, const Parts&, const Builder&);

/// Kind "build". Its result: {"built": [{ref, commit, package, version, files, transaction}]}.
std::unique_ptr<jobs::Handler> make_build_handler(Parts parts);

}  // namespace granary::build
