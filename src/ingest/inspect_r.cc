#include "archive/path.h"
#include "base/text.h"
#include "ingest/layout.h"
#include "r/description.h"
#include "r/names.h"

namespace granary::ingest {

Result<Inspected> inspect_r_source(std::string_view filename, const Layout& layout) {
  const auto& member = *layout.find("DESCRIPTION");
  const auto top = std::string_view(member.path).substr(0, member.path.find('/'));
  const auto description = TRY(r::parse_description(member.bytes));
  const std::string package(description.package()), version(description.version());

  if (description.fields.has("Built")) {
    return fail(Errc::invalid_argument,
                "the package was built already (" + archive::shown(description.get("Built")) +
                    "): a source repository does not take binary packages",
                "upload the .tar.gz that R CMD build makes, without --binary");
  }
  if (top != package) {
    return fail(
        Errc::invalid_argument,
        "the archive's folder is " + quoted(top) + ", but its DESCRIPTION says package " + quoted(package),
        "build it again with R CMD build");
  }
  if (layout.tops.size() > 1) {
    return fail(Errc::invalid_argument,
                "the archive holds " + quoted(layout.tops[layout.tops[0] == top ? 1 : 0]) +
                    " beside the folder " + quoted(top),
                "build it again with R CMD build, which packs the package's folder only");
  }
  const auto expected = r::source_file_name(package, version);
  if (filename != expected) {
    return fail(Errc::invalid_argument,
                "the file is named " + quoted(filename) + ", but its DESCRIPTION says package " +
                    quoted(package) + " version " + quoted(version),
                "name it '" + expected + "', or build it again with R CMD build");
  }

  Inspected out;
  out.kind = model::FileKind::r_source;
  out.package = out.name = package;
  out.version = version;
  out.metadata = member.bytes;
  if (description.get("Encoding").empty() && !is_valid_utf8(member.bytes)) {
    out.warnings.emplace_back(
        "DESCRIPTION is not UTF-8 and has no Encoding field: add 'Encoding: latin1' or convert it");
  }
  return out;
}

}  // namespace granary::ingest
