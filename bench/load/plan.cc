#include "plan.h"

#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <sstream>

namespace load {
namespace {

[[noreturn]] void refuse(const char* why) {
  std::fprintf(stderr, "load: %s\n", why);
  std::exit(2);
}

}  // namespace

/// Each request is a line "KIND STATUS STATUS SIZE LENGTH" and LENGTH bytes; those of a package follow each
/// other: conditional, index, metadata, file.
Plan::Plan(const char* path, std::uint64_t seed, Mix mix) : random_(seed), mix_(mix) {
  std::ifstream file(path, std::ios::binary);
  if (!file) refuse("cannot read the plan");
  std::ostringstream all;
  all << file.rdbuf();
  text_ = std::move(all).str();
  std::string_view rest = text_;
  while (!rest.empty()) {
    const auto end = rest.find('\n');
    if (end == rest.npos) refuse("the plan is cut off");
    std::istringstream line{std::string(rest.substr(0, end))};
    std::string kind;
    Request request;
    std::size_t length = 0;
    line >> kind >> request.statuses[0] >> request.statuses[1] >> request.size >> length;
    if (!line || rest.size() < end + 1 + length) refuse("the plan makes no sense");
    request.bytes = rest.substr(end + 1, length);
    rest.remove_prefix(end + 1 + length);
    if (kind == "conditional") {
      packages_.emplace_back().conditional = request;
    } else if (kind == "index" && !packages_.empty()) {
      packages_.back().fresh = request;
    } else if (kind == "metadata" && !packages_.empty()) {
      request.kind = Kind::metadata;
      packages_.back().metadata = request;
    } else if (kind == "file" && !packages_.empty()) {
      request.kind = Kind::file;
      packages_.back().file = request;
    } else if (kind == "unknown") {
      request.kind = Kind::unknown;
      unknown_.push_back(request);
    } else if (kind == "upload") {
      request.kind = Kind::upload;
      uploads_.push_back(request);
    } else if (kind == "cold") {
      request.kind = Kind::cold;
      cold_.push_back(request);
    } else {
      refuse("the plan has a request of an unknown kind");
    }
  }
  if (packages_.empty() || unknown_.empty()) refuse("the plan lacks packages or unknown names");
}

Install Plan::next() {
  Install install;
  if (next_upload_ < uploads_.size() && chance() < mix_.upload) install.add(uploads_[next_upload_++]);
  if (next_cold_ < cold_.size() && chance() < mix_.cold) install.add(cold_[next_cold_++]);
  if (chance() < mix_.unknown)
    install.add(unknown_[static_cast<std::size_t>(chance() * static_cast<double>(unknown_.size()))]);
  // A tenth of the packages gets about half of the installs.
  const double rank = chance();
  const auto& package =
      packages_[static_cast<std::size_t>(rank * rank * rank * static_cast<double>(packages_.size()))];
  install.add(chance() < mix_.conditional ? package.conditional : package.fresh);
  install.add(package.metadata);
  install.add(package.file);
  return install;
}

}  // namespace load
