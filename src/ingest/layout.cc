#include "ingest/layout.h"

#include <algorithm>

#include "archive/path.h"

namespace granary::ingest {

namespace {

/// The part after the only slash; empty when there is none or more than one.
std::string_view base_of(std::string_view path) {
  const auto slash = path.find('/');
  if (slash == std::string_view::npos || path.find('/', slash + 1) != std::string_view::npos) return {};
  return path.substr(slash + 1);
}

}  // namespace

std::string quoted(std::string_view text) { return "'" + archive::shown(text) + "'"; }

const archive::Member* Layout::find(std::string_view base) const noexcept {
  const auto it = std::find_if(members.begin(), members.end(),
                               [&](const archive::Member& m) { return base_of(m.path) == base; });
  return it == members.end() ? nullptr : &*it;
}

const archive::Member* Layout::at(std::string_view path) const noexcept {
  const auto it =
      std::find_if(members.begin(), members.end(), [&](const archive::Member& m) { return m.path == path; });
  return it == members.end() ? nullptr : &*it;
}

Result<Layout> read_layout(const Context& ctx, const ByteSource& bytes, archive::Format format) {
  Layout out;
  out.format = format;
  auto scan = TRY(archive::scan(ctx, bytes, format, {}, [&](std::string_view path) {
    const auto top = path.substr(0, path.find('/'));
    const auto base = base_of(path);
    if (top.ends_with(".dist-info") && top.size() < path.size()) {
      if (out.dist_infos.size() < 4 &&
          std::find(out.dist_infos.begin(), out.dist_infos.end(), top) == out.dist_infos.end())
        out.dist_infos.emplace_back(top);
      out.has_wheel = out.has_wheel || base == "WHEEL";
      out.has_record = out.has_record || base == "RECORD";
      // RECORD is left alone: it grows with the wheel.
      return base == "METADATA" || base == "WHEEL";
    }
    return base == "DESCRIPTION" || base == "PKG-INFO";
  }));
  out.tops = std::move(scan.tops);
  out.members = std::move(scan.members);
  return out;
}

}  // namespace granary::ingest
