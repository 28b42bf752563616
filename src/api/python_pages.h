#pragma once
/// Handlers of the index pages and of PyPI's JSON.

#include "api/python_handlers.h"
#include "base/context.h"
#include "http/message.h"

namespace granary::api {

Result<http::Response> simple_list(const PythonDependencies&, const Context&, const http::Request&);
Result<http::Response> simple_project(const PythonDependencies&, const Context&, const http::Request&);
/// To the path with its '/' at the end and the project's name normalised. Relative, so that any prefix of a
/// proxy works.
Result<http::Response> simple_redirect(const http::Request&);
Result<http::Response> pypi_project(const PythonDependencies&, const Context&, const http::Request&);

}  // namespace granary::api
