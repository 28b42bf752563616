#pragma once
/// The page at the URL that clients are given (/{repo}/{snapshot}): what it is, and what to paste into which
/// tool. Who pastes that URL into a browser sees it.

#include <array>
#include <memory>
#include <string>

#include "catalog/catalog.h"
#include "http/route.h"
#include "view/views.h"

namespace granary::api {

inline constexpr std::array<http::RouteSpec, 4> kRepositoryPages = {
    {{"repository.page", http::Method::get, "/{repo}", http::Access::read,
      "A page for people: the repository and how to use it"},
     {"repository.page.folder", http::Method::get, "/{repo}/", http::Access::read, "The same"},
     {"snapshot.page", http::Method::get, "/{repo}/{snapshot}", http::Access::read,
      "A page for people: the repository as of a snapshot and how to use it"},
     {"snapshot.page.folder", http::Method::get, "/{repo}/{snapshot}/", http::Access::read, "The same"}}};

struct RepositoryPageDependencies {
  std::shared_ptr<view::Views> views;
  std::shared_ptr<catalog::Catalog> catalog;
  std::string public_url;  // Server.Address; empty: what each request says of itself
};
void bind_repository_pages(http::Router& router, const RepositoryPageDependencies& dependencies);

}  // namespace granary::api
