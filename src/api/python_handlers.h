#pragma once
/// The Python half of the read side: index pages, files, PyPI's JSON.

#include <memory>
#include <string>

#include "blob/blob_store.h"
#include "http/route.h"
#include "mirror/mirrors.h"
#include "view/views.h"

namespace granary::api {

struct PythonDependencies {
  std::shared_ptr<view::Views> views;
  std::shared_ptr<blob::BlobStore> blobs;
  /// "https://packages.example.com/prefix", without a '/' at its end: for the absolute URLs of PyPI's JSON.
  /// Empty: what each request says of itself.
  std::string public_url{};
  std::shared_ptr<mirror::Mirrors> mirrors{};  // null: no source has an upstream
};

/// Binds every route of python_routes.h.
void bind_python(http::Router& router, PythonDependencies dependencies);

}  // namespace granary::api
