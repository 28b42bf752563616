#pragma once
/// Handlers of the index pages and of PyPI's JSON.

#include "api/python_handlers.h"
#include "base/context.h"
#include "http/message.h"
#include "python/negotiate.h"

namespace granary::api {

/// The page of all projects.
Result<std::shared_ptr<const view::Rendered>> rendered_list(view::Views&, const Context&,
                                                            const view::Snapshot&, python::SimpleForm);
Result<http::Response> simple_list(const PythonDependencies&, const Context&, const http::Request&);
Result<http::Response> simple_project(const PythonDependencies&, const Context&, const http::Request&);
/// To the path with its '/' at the end and the project's name normalised. Relative, so that any prefix of a
/// proxy works.
Result<http::Response> simple_redirect(const http::Request&);
Result<http::Response> pypi_project(const PythonDependencies&, const Context&, const http::Request&);

}  // namespace granary::api
