#pragma once
/// Packages that a caller chose, as the API writes it: for a bundle, and to be fetched ahead.

#include <memory>

#include "api/admin_request.h"
#include "catalog/catalog.h"
#include "mirror/fetch_job.h"
#include "mirror/mirrors.h"
#include "view/selection.h"

namespace granary::api {

/// The fields of a body that say what is chosen: packages, constraints, newest, dependencies, dates, latest,
/// trees, python, platforms. Errc::invalid_argument, also for a version, a date or a platform that is none.
Result<mirror::FetchOrder> read_choice(const Fields& body);

/// With its sources found, its dates read and its trees named. Errc::not_found names a source that there is
/// not.
Result<view::Selection> selection_of(catalog::Catalog&, const Context&, const mirror::FetchOrder&);

/// Reads what a wheel needs out of its metadata, held or fetched. `mirrors` must outlive it.
view::RequirementsOf requirements_of(mirror::Mirrors& mirrors);

/// For mirror::make_fetch_handler. `mirrors` must outlive it.
mirror::ChooseFiles choose_files(std::shared_ptr<catalog::Catalog>, mirror::Mirrors& mirrors);

}  // namespace granary::api
