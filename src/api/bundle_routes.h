#pragma once
/// Routes that `granary export` and `granary import` speak (docs/adr/0021-bundles.md).

#include <memory>

#include "blob/blob_store.h"
#include "catalog/catalog.h"
#include "http/route.h"
#include "mirror/mirrors.h"

namespace granary::api {

struct BundleDeps {
  std::shared_ptr<catalog::Catalog> catalog;
  std::shared_ptr<blob::BlobStore> blobs;
  std::shared_ptr<mirror::Mirrors> mirrors;
  std::shared_ptr<const Clock> clock;
};
void bind_bundles(http::Router&, const BundleDeps&);

}  // namespace granary::api
