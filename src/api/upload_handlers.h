#pragma once
/// Publishing over HTTP as PyPI's clients do it.

#include <functional>
#include <memory>
#include <string>

#include "http/route.h"
#include "ingest/ingest.h"

namespace granary::api {

struct UploadDependencies {
  std::shared_ptr<ingest::Ingest> ingest;
  /// Who asks, for the transaction: the token's description. The gate has admitted the request already.
  std::function<std::string(const Context&, const http::Request&)> actor;
};

/// Binds every route of upload_routes.h.
void bind_upload(http::Router& router, UploadDependencies dependencies);

}  // namespace granary::api
