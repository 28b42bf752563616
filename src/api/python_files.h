#pragma once
/// Handlers of distributions, their METADATA and their attestations.

#include "api/python_handlers.h"
#include "base/context.h"
#include "http/message.h"

namespace granary::api {

/// /packages/ab/cd/<sha256>/<filename>: the bytes never change, so clients may keep them for ever; but only a
/// file that the repository shows at that snapshot is given.
Result<http::Response> python_file(const PythonDependencies&, const Context&, const http::Request&);

/// PEP 658: what upstream has beside a wheel (with an origin and metadata_sha256), with a hash of its own.
model::FileRecord metadata_beside(model::FileRecord wheel);

/// /integrity/<project>/<version>/<filename>/provenance: fetched from upstream when it is asked for, and
/// kept.
Result<http::Response> python_provenance(const PythonDependencies&, const Context&, const http::Request&);

}  // namespace granary::api
