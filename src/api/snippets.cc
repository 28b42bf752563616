#include "api/snippets.h"

#include <fmt/format.h>

#include <algorithm>

namespace granary::api {
namespace {

/// pip takes plain HTTP from this machine only, unless told to trust the host.
std::string pip_trust(std::string_view base) {
  if (!base.starts_with("http://")) return {};
  auto host = base.substr(7);
  host = host.substr(0, host.find('/'));
  if (!host.starts_with('[')) host = host.substr(0, host.find(':'));
  if (host == "localhost" || host.starts_with("127.") || host.starts_with("[::1]")) return {};
  return fmt::format(" --trusted-host {}", host);
}

std::vector<Snippet> for_r(std::string_view name, std::string_view url) {
  return {
      {"R", fmt::format("options(repos = c(\"{0}\" = \"{1}\"))\ninstall.packages(\"PACKAGE\")\n", name, url)},
      {"renv",
       fmt::format("options(repos = c(\"{0}\" = \"{1}\"))\nrenv::init()       # renv::restore() for a "
                   "renv.lock that there is\n",
                   name, url)},
      {"pak",
       fmt::format("options(repos = c(\"{0}\" = \"{1}\"))\npak::pkg_install(\"PACKAGE\")\n", name, url)}};
}

std::vector<Snippet> for_python(std::string_view url, std::string_view base) {
  return {{"pip", fmt::format("pip install --index-url {0}/simple/{1} PROJECT\n", url, pip_trust(base))},
          {"uv", fmt::format("uv pip install --default-index {0}/simple/ PROJECT\n", url)},
          {"pyproject.toml, for uv",
           fmt::format("[[tool.uv.index]]\nurl = \"{0}/simple/\"\ndefault = true\n", url)}};
}

/// `cran`: the URL of a mirror of CRAN, which most of Bioconductor needs; may be empty.
std::vector<Snippet> for_bioconductor(std::string_view url, std::string_view cran) {
  const auto repos = cran.empty() ? std::string() : fmt::format(",\n        repos = c(CRAN = \"{}\")", cran);
  return {{"BiocManager", fmt::format("options(BioC_mirror = \"{0}\",\n        BIOCONDUCTOR_CONFIG_FILE = "
                                      "\"{0}/config.yaml\"{1})\nBiocManager::install(\"PACKAGE\")\n",
                                      url, repos)}};
}

std::string url_of(const model::Repository& repository, std::string_view base, std::string_view snapshot) {
  return fmt::format("{}/{}/{}", base, repository.name, snapshot);
}

/// A transaction is one repository's, a day everybody's.
std::string_view of_others(std::string_view snapshot) {
  const auto ref = model::parse_snapshot(snapshot);
  return ref && std::holds_alternative<model::AsOf>(*ref) ? snapshot : "latest";
}

}  // namespace

std::vector<Snippet> snippets(const model::Repository& repository, std::string_view base,
                              std::string_view snapshot, const model::Repository* cran) {
  const auto url = url_of(repository, base, snapshot);
  switch (repository.type) {
    case model::Ecosystem::r:
      return for_r(repository.name, url);
    case model::Ecosystem::python:
      return for_python(url, base);
    case model::Ecosystem::bioconductor:
      return for_bioconductor(url, cran != nullptr ? url_of(*cran, base, of_others(snapshot)) : "");
  }
  return {};
}

Kind kind_of(model::Ecosystem type) {
  switch (type) {
    case model::Ecosystem::r:
      return {"R", "src/contrib/PACKAGES"};
    case model::Ecosystem::python:
      return {"Python", "simple/"};
    case model::Ecosystem::bioconductor:
      return {"Bioconductor", "config.yaml"};
  }
  return {};
}

const model::Repository* with_cran(const std::vector<model::Repository>& repositories,
                                   const std::vector<model::Source>& sources) {
  const auto is_cran = [&](model::SourceId id) {
    return std::any_of(sources.begin(), sources.end(), [&](const model::Source& one) {
      return one.id == id && one.type == model::SourceType::cran;
    });
  };
  const auto found =
      std::find_if(repositories.begin(), repositories.end(), [&](const model::Repository& one) {
        return !one.authenticated && std::any_of(one.sources.begin(), one.sources.end(), is_cran);
      });
  return found != repositories.end() ? &*found : nullptr;
}

}  // namespace granary::api
