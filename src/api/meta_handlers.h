#pragma once
/// The reading half of the API: the server, its repositories, sources and packages.

#include <functional>
#include <memory>
#include <string>

#include "base/clock.h"
#include "base/context.h"
#include "catalog/catalog.h"
#include "http/route.h"
#include "mirror/mirrors.h"
#include "view/views.h"

namespace granary::api {

struct MetaDependencies {
  std::shared_ptr<view::Views> views;
  std::shared_ptr<catalog::Catalog> catalog;
  std::string version;     // "0.1.0"
  std::string build_date;  // "2026-11-23"
  bool metrics_enabled = true;
  std::function<bool()> leaving = [] { return false; };  // about to stop: a balancer is to go elsewhere
  std::shared_ptr<const Clock> clock = std::make_shared<SystemClock>();
  std::function<bool()> online = [] { return true; };  // false: its keeper took it out
  std::shared_ptr<mirror::Mirrors> mirrors{};          // null: no source has an upstream
};

/// Binds every row of kMetaRoutes. `router` outlives its handlers: the OpenAPI document lists all of its
/// routes.
void bind_meta(http::Router& router, const MetaDependencies& dependencies);

}  // namespace granary::api
