#pragma once
/// The Simple API of an upstream index, of which the client's URL is the list: "https://pypi.org/simple".

#include <string>
#include <string_view>

#include "python/project_page.h"
#include "upstream/client.h"

namespace granary::upstream {

struct ProjectAnswer {
  bool not_modified = false;  // `page` is empty
  python::ReadPage page;      // with absolute URLs and the entity tag
};

/// `project`: normalised. `etag`: of what is known, may be empty. Errors: those of Client::get, corrupt and
/// too_large for what is no page of the project.
Result<ProjectAnswer> fetch_project(const Context&, Client&, std::string_view project,
                                    const std::string& etag, bool background);

struct ProjectListAnswer {
  bool not_modified = false;  // `each` was not called
  std::int64_t serial = 0;    // 0 where upstream has none
  std::string etag;
};
/// Calls `each` after the whole list has arrived; of a list that is cut off it may have heard the beginning.
Result<ProjectListAnswer> fetch_project_list(const Context&, Client&, const std::string& etag,
                                             const python::EachListed& each);

}  // namespace granary::upstream
