#pragma once
/// Builders of sources of type git and git-python, what they built, and the credentials they use. For keepers
/// alone.

#include <memory>

#include "build/builders.h"
#include "build/builds.h"
#include "build/credentials.h"
#include "catalog/catalog.h"
#include "http/route.h"
#include "jobs/queue.h"

namespace granary::api {

struct GitDeps {
  std::shared_ptr<catalog::Catalog> catalog;
  std::shared_ptr<build::Builders> builders;
  std::shared_ptr<build::Builds> builds;
  std::shared_ptr<build::Credentials> credentials;
  std::shared_ptr<jobs::Queue> queue;
};

void bind_git(http::Router&, const GitDeps&);

// The parts of bind_git().
void bind_git_builders(http::Router&, const GitDeps&);
void bind_git_builds(http::Router&, const GitDeps&);
void bind_git_credentials(http::Router&, const GitDeps&);

/// Errc::invalid_argument for a source whose packages are not built.
Result<model::Source> git_source(const GitDeps&, const Context&, std::string_view name_or_id);

}  // namespace granary::api
