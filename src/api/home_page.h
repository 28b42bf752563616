#pragma once
/// The page at "/": which repositories there are, and what to paste into R, renv, pak,
/// BiocManager, pip and uv. For anybody, so an
/// authenticated repository is named and no more.

#include <memory>
#include <string>

#include "catalog/catalog.h"
#include "http/route.h"

namespace granary::api {

inline constexpr http::RouteSpec kHome{"home", http::Method::get, "/", http::Access::anonymous,
                                       "A page for people: the repositories and how to use them"};

struct HomeDependencies {
  std::shared_ptr<catalog::Catalog> catalog;
  std::string public_url;  // Server.Address; empty: what each request says of itself
};
void bind_home(http::Router& router, const HomeDependencies& dependencies);

}  // namespace granary::api
