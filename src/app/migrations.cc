#include "app/migrations.h"

#include "auth/auth.h"
#include "build/builders.h"
#include "catalog/catalog.h"
#include "cluster/nodes.h"
#include "jobs/queue.h"

namespace granary::app {

std::vector<db::Migration> migrations() {
  std::vector<db::Migration> all;
  for (const auto list : {catalog::migrations(), auth::migrations(), jobs::migrations(),
                          cluster::migrations(), build::migrations()})
    all.insert(all.end(), list.begin(), list.end());
  return all;
}

}  // namespace granary::app
