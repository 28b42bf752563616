#pragma once
/// The answer by which renv, pak and others recognise the server: every key is there, whether it means
/// anything or not.

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "model/types.h"
#include "r/bioc_config.h"

namespace granary::api {

struct StatusFacts {
  std::string_view version, build_date;
  bool metrics_enabled = true;
  std::optional<r::BiocConfig> bioconductor{};  // of the first repository of Bioconductor that knows it
};

std::string status_json(const StatusFacts& facts, const std::vector<model::Repository>& repositories);

}  // namespace granary::api
