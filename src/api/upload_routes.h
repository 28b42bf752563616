#pragma once
/// The legacy upload of PyPI, which twine, uv publish, poetry and flit speak. All addresses do the same:
/// clients do not follow redirects of an upload, so each form that people write works as it stands.

#include <array>

#include "http/route.h"

namespace granary::api {

inline constexpr std::string_view kUploadSummary = "Publishes one distribution (multipart/form-data)";
inline constexpr http::RouteSpec kUpload{"python.upload", http::Method::post, "/upload/pypi/{source}",
                                         http::Access::publish, kUploadSummary};
inline constexpr http::RouteSpec kUploadSlash{"python.upload.slash", http::Method::post,
                                              "/upload/pypi/{source}/", http::Access::publish,
                                              kUploadSummary};
inline constexpr http::RouteSpec kUploadLegacy{"python.upload.legacy", http::Method::post,
                                               "/upload/pypi/{source}/legacy/", http::Access::publish,
                                               kUploadSummary};
inline constexpr http::RouteSpec kLegacy{"python.legacy", http::Method::post, "/legacy/{source}",
                                         http::Access::publish, kUploadSummary};
inline constexpr http::RouteSpec kLegacySlash{"python.legacy.slash", http::Method::post, "/legacy/{source}/",
                                              http::Access::publish, kUploadSummary};

inline constexpr std::array kUploadRoutes = {&kUpload, &kUploadSlash, &kUploadLegacy, &kLegacy,
                                             &kLegacySlash};

}  // namespace granary::api
