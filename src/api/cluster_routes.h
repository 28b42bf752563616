#pragma once
/// The nodes of the cluster over HTTP: who they are, and which are to work. For keepers alone.

#include <memory>
#include <string>

#include "cluster/nodes.h"
#include "http/route.h"

namespace granary::api {

struct ClusterDeps {
  std::shared_ptr<cluster::Nodes> nodes;
  std::string self;  // the name of the node that answers
};

void bind_cluster(http::Router&, const ClusterDeps&);

}  // namespace granary::api
