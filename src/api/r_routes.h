#pragma once
/// The URLs under which R finds packages: a CRAN-like tree below each snapshot, again below
/// __linux__/{distro}. Those of Bioconductor are in bioc_routes.h.

#include <array>
#include <cstdint>

#include "http/route.h"

namespace granary::api {

enum class REndpoint : std::uint8_t {
  folder,
  folder_without_slash,
  packages,
  packages_gz,
  packages_rds,
  archive_rds,
  current_rds,
  archived_file,
  file,
  file_in_folder,
  binaries,
  bioc_software,  // from here on of a repository of Bioconductor
  bioc_data,
  bioc_workflows,
  bioc_books,
  bioc_config,
};

struct RRoute {
  REndpoint endpoint;
  http::RouteSpec spec;
};

inline constexpr std::array<RRoute, 22> kRRoutes = {{
    {REndpoint::folder,
     {"r.folder", http::Method::get, "/{repo}/{snapshot}/src/contrib/", http::Access::read,
      "Source packages of an R repository, for people"}},
    {REndpoint::folder_without_slash,
     {"r.folder_redirect", http::Method::get, "/{repo}/{snapshot}/src/contrib", http::Access::read,
      "Redirects to the folder"}},
    {REndpoint::packages,
     {"r.packages", http::Method::get, "/{repo}/{snapshot}/src/contrib/PACKAGES", http::Access::read,
      "Index of the current source packages"}},
    {REndpoint::packages_gz,
     {"r.packages_gz", http::Method::get, "/{repo}/{snapshot}/src/contrib/PACKAGES.gz", http::Access::read,
      "The same, compressed"}},
    {REndpoint::packages_rds,
     {"r.packages_rds", http::Method::get, "/{repo}/{snapshot}/src/contrib/PACKAGES.rds", http::Access::read,
      "The same as a matrix of R"}},
    {REndpoint::archive_rds,
     {"r.archive_rds", http::Method::get, "/{repo}/{snapshot}/src/contrib/Meta/archive.rds",
      http::Access::read, "Versions that are not current, as a list of data frames of R"}},
    {REndpoint::current_rds,
     {"r.current_rds", http::Method::get, "/{repo}/{snapshot}/src/contrib/Meta/current.rds",
      http::Access::read, "Current versions, as a data frame of R"}},
    {REndpoint::archived_file,
     {"r.archived_file", http::Method::get, "/{repo}/{snapshot}/src/contrib/Archive/{package}/{file}",
      http::Access::read, "A source package of any version"}},
    {REndpoint::file,
     {"r.file", http::Method::get, "/{repo}/{snapshot}/src/contrib/{file}", http::Access::read,
      "A source package"}},
    {REndpoint::file_in_folder,
     {"r.file_in_folder", http::Method::get, "/{repo}/{snapshot}/src/contrib/{path*}", http::Access::read,
      "A source package in a folder of its own: where PACKAGES has a Path"}},

    {REndpoint::folder,
     {"r.linux.folder", http::Method::get, "/{repo}/__linux__/{distro}/{snapshot}/src/contrib/",
      http::Access::read, "Packages for a Linux distribution, for people"}},
    {REndpoint::folder_without_slash,
     {"r.linux.folder_redirect", http::Method::get, "/{repo}/__linux__/{distro}/{snapshot}/src/contrib",
      http::Access::read, "Redirects to the folder"}},
    {REndpoint::packages,
     {"r.linux.packages", http::Method::get, "/{repo}/__linux__/{distro}/{snapshot}/src/contrib/PACKAGES",
      http::Access::read, "Index of the packages for a Linux distribution"}},
    {REndpoint::packages_gz,
     {"r.linux.packages_gz", http::Method::get,
      "/{repo}/__linux__/{distro}/{snapshot}/src/contrib/PACKAGES.gz", http::Access::read,
      "The same, compressed"}},
    {REndpoint::packages_rds,
     {"r.linux.packages_rds", http::Method::get,
      "/{repo}/__linux__/{distro}/{snapshot}/src/contrib/PACKAGES.rds", http::Access::read,
      "The same as a matrix of R"}},
    {REndpoint::archive_rds,
     {"r.linux.archive_rds", http::Method::get,
      "/{repo}/__linux__/{distro}/{snapshot}/src/contrib/Meta/archive.rds", http::Access::read,
      "Versions that are not current, as a list of data frames of R"}},
    {REndpoint::current_rds,
     {"r.linux.current_rds", http::Method::get,
      "/{repo}/__linux__/{distro}/{snapshot}/src/contrib/Meta/current.rds", http::Access::read,
      "Current versions, as a data frame of R"}},
    {REndpoint::archived_file,
     {"r.linux.archived_file", http::Method::get,
      "/{repo}/__linux__/{distro}/{snapshot}/src/contrib/Archive/{package}/{file}", http::Access::read,
      "A package of any version"}},
    {REndpoint::file,
     {"r.linux.file", http::Method::get, "/{repo}/__linux__/{distro}/{snapshot}/src/contrib/{file}",
      http::Access::read, "A package"}},
    {REndpoint::file_in_folder,
     {"r.linux.file_in_folder", http::Method::get,
      "/{repo}/__linux__/{distro}/{snapshot}/src/contrib/{path*}", http::Access::read,
      "A package in a folder of its own: where PACKAGES has a Path"}},

    {REndpoint::binaries,
     {"r.binaries", http::Method::get, "/{repo}/{snapshot}/bin/{path*}", http::Access::read,
      "Indexes and files of binary packages for Windows, macOS and Linux builds, as upstream has them; where "
      "there are none an empty index, so that R installs from source"}},
    {REndpoint::binaries,
     {"r.linux.binaries", http::Method::get, "/{repo}/__linux__/{distro}/{snapshot}/bin/{path*}",
      http::Access::read, "The same, for who has the address for a Linux distribution"}},
}};

}  // namespace granary::api
