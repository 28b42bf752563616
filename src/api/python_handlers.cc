#include "api/python_handlers.h"

#include "api/python_files.h"
#include "api/python_pages.h"
#include "api/python_routes.h"

namespace granary::api {

void bind_python(http::Router& router, PythonDependencies dependencies) {
  const auto deps = std::make_shared<const PythonDependencies>(std::move(dependencies));
  const auto with = [&](auto handler) {
    return [deps, handler](const Context& ctx, const http::Request& request) {
      return handler(*deps, ctx, request);
    };
  };
  const auto to_redirect = [](const Context&, const http::Request& request) {
    return simple_redirect(request);
  };
  router.bind(kSimpleList, with(simple_list));
  router.bind(kSimpleListBare, to_redirect);
  router.bind(kSimpleProject, with(simple_project));
  router.bind(kSimpleProjectBare, to_redirect);
  router.bind(kPythonFile, with(python_file));
  router.bind(kProvenance, with(python_provenance));
  router.bind(kPypiProject, with(pypi_project));
  router.bind(kPypiRelease, with(pypi_project));
}

}  // namespace granary::api
