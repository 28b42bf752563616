#pragma once
/// The route table as an OpenAPI 3.1 document.

#include <span>
#include <string>
#include <string_view>

#include "http/route.h"

namespace granary::api {

std::string openapi(std::span<const http::RouteSpec* const> routes, std::string_view version);

}  // namespace granary::api
