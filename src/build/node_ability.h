#pragma once
/// Whether this node has what builds need: a sandbox, git, and the tools of a language. What one node lacks
/// another may have, so no build fails for it.

#include <string>
#include <string_view>

#include "base/context.h"
#include "build/sandbox.h"
#include "build/toolchain.h"
#include "model/types.h"

namespace granary::build {

/// The sandbox, when git can be run in it. Two short processes. Errc::unsupported says what is missing.
Result<Sandbox> open_for_git(const Context&, const SandboxSettings&);

/// For builds of a language, too.
Result<Sandbox> open_for_builds(const Context&, const SandboxSettings&, const ToolSettings&,
                                model::Ecosystem);

/// How what a node lacks is told, so that one knows where to mend it: "node b: there is no R ...".
Error of_node(std::string_view node, const Error&);

}  // namespace granary::build
