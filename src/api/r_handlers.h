#pragma once
/// R repositories over HTTP: indexes and files of sources and binaries, and Bioconductor's releases.

#include <memory>

#include "api/r_rendered.h"
#include "base/context.h"
#include "blob/blob_store.h"
#include "http/route.h"
#include "mirror/mirrors.h"
#include "view/views.h"

namespace granary::api {

struct RDependencies {
  std::shared_ptr<view::Views> views;
  std::shared_ptr<blob::BlobStore> blobs;
  std::shared_ptr<mirror::Mirrors> mirrors{};        // null: no source has an upstream
  std::shared_ptr<const RenderedIndexes> indexes{};  // null: its own
};

/// Binds every row of kRRoutes and kBiocRoutes.
void bind_r(http::Router& router, const RDependencies& dependencies);

}  // namespace granary::api
