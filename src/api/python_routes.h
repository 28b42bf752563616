#pragma once
/// The Python endpoints: the Simple Repository API, files, and PyPI's own JSON. python_handlers_test.cc
/// checks that each is bound.

#include <array>

#include "http/route.h"

namespace granary::api {

inline constexpr http::RouteSpec kSimpleList{"python.simple",
                                             http::Method::get,
                                             "/{repo}/{snapshot}/simple/",
                                             http::Access::read,
                                             "Names of all projects (PEP 503, PEP 691)",
                                             "format"};
inline constexpr http::RouteSpec kSimpleListBare{"python.simple.bare", http::Method::get,
                                                 "/{repo}/{snapshot}/simple", http::Access::read,
                                                 "Redirects to the list of projects"};
inline constexpr http::RouteSpec kSimpleProject{"python.project",
                                                http::Method::get,
                                                "/{repo}/{snapshot}/simple/{project}/",
                                                http::Access::read,
                                                "Files of one project (PEP 503, PEP 691, PEP 700)",
                                                "format"};
inline constexpr http::RouteSpec kSimpleProjectBare{"python.project.bare", http::Method::get,
                                                    "/{repo}/{snapshot}/simple/{project}", http::Access::read,
                                                    "Redirects to the page of the project"};
inline constexpr http::RouteSpec kPythonFile{
    "python.file", http::Method::get, "/{repo}/{snapshot}/packages/{rest*}", http::Access::read,
    "A distribution, or with .metadata after it its METADATA (PEP 658)"};
inline constexpr http::RouteSpec kProvenance{
    "python.provenance", http::Method::get,
    "/{repo}/{snapshot}/integrity/{project}/{version}/{filename}/provenance", http::Access::read,
    "Attestations of a mirrored file, as upstream has them (PEP 740)"};
inline constexpr http::RouteSpec kPypiProject{"python.json", http::Method::get,
                                              "/{repo}/{snapshot}/pypi/{project}/json", http::Access::read,
                                              "A project in the JSON of PyPI"};
inline constexpr http::RouteSpec kPypiRelease{
    "python.json.version", http::Method::get, "/{repo}/{snapshot}/pypi/{project}/{version}/json",
    http::Access::read, "One version of a project in the JSON of PyPI"};

inline constexpr std::array kPythonRoutes = {&kSimpleList,        &kSimpleListBare, &kSimpleProject,
                                             &kSimpleProjectBare, &kPythonFile,     &kProvenance,
                                             &kPypiProject,       &kPypiRelease};

}  // namespace granary::api
