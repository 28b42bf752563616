#include "api/meta_status.h"

#include <algorithm>

#include "base/json.h"
#include "base/time_text.h"

namespace granary::api {

std::string status_json(const StatusFacts& facts, const std::vector<model::Repository>& repositories) {
  const auto any = [&](auto&& what) { return std::any_of(repositories.begin(), repositories.end(), what); };
  const bool has_r = any([](const auto& r) { return r.type != model::Ecosystem::python; });
  const bool has_python = any([](const auto& r) { return r.type == model::Ecosystem::python; });
  const bool has_private = any([](const auto& r) { return r.authenticated; });
  const bool has_cran = any([](const auto& r) { return r.type == model::Ecosystem::r && r.name == "cran"; });

  JsonWriter json;
  json.begin_object();
  json.member("product", "granary");
  json.member("version", facts.version);
  json.member("build_date", facts.build_date);
  json.member("metrics_enabled", facts.metrics_enabled);
  json.member("r_configured", has_r);
  json.member("python_configured", has_python);
  json.member("binaries_enabled", false);
  json.member("display_ash", false);
  json.member("public_p3m", false);
  json.member("custom_home", false);
  json.member("custom_home_title", "");
  json.member("ga_id", "");
  json.member("auth_available", true);
  json.member("auth_enabled", true);
  json.member("repos_require_auth", has_private);
  json.member("sso_enabled", false);
  for (const auto* list : {"distros", "r_versions"}) {  // no binaries yet
    json.key(list);
    json.begin_array();
    json.end_array();
  }
  json.key("bioc_versions");
  json.begin_array();
  if (facts.bioconductor) {
    const auto& releases = facts.bioconductor->releases;
    for (auto one = releases.rbegin(); one != releases.rend(); ++one) {  // newest first
      json.begin_object();
      json.member("bioc_version", one->version);
      json.member("r_version", one->r_version);
      json.member("cran_snapshot", one->cran ? day_text(*one->cran) : "latest");
      json.end_object();
    }
  }
  json.end_array();
  json.member("cran_repo", has_cran ? "cran" : "");
  json.key("macos_urls");
  json.begin_object();
  json.end_object();
  json.key("support_window");
  json.begin_object();
  json.member("disable_expiry_banner", true);
  json.member("days_left", 0);
  json.member("days_reminder", 0);
  json.end_object();
  json.end_object();
  return std::move(json).take();
}

}  // namespace granary::api
