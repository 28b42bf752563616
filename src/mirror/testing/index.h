#pragma once
/// Pages of a small index for tests.

#include <string>
#include <vector>

#include "mirror/names.h"
#include "mirror/testing/world.h"
#include "python/project_record.h"

namespace granary::mirror {

class IndexWorld : public World {
 protected:
  void SetUp() override {
    World::SetUp();
    source = make_source("pypi", model::SourceType::pypi);
  }
  void list(const std::vector<std::string>& names, int serial) {
    std::string text =
        R"({"meta":{"api-version":"1.1","_last-serial":)" + std::to_string(serial) + R"(},"projects":[)";
    for (std::size_t i = 0; i < names.size(); ++i)
      text += (i == 0 ? "" : ",") +
              (R"({"name":")" + names[i] + R"(","_last-serial":)" + std::to_string(serial) + "}");
    upstream->put("", text + "]}");
  }
  void page(const std::string& name, const std::vector<std::string>& versions) {
    std::string text = R"({"meta":{"api-version":"1.1"},"name":")" + name + R"(","files":[)";
    for (std::size_t i = 0; i < versions.size(); ++i)
      text +=
          (i == 0 ? "" : ",") + (R"({"filename":")" + name + "-" + versions[i] + R"(.tar.gz","url":"x"})");
    upstream->put(name + "/", text + "]}");
  }
  Result<Synced> sync_now() {
    const auto known = mirror_source(parts, ctx, source);
    return sync_names(parts, ctx, *known, [](const Step&) {});
  }
  /// Versions of the newest record that are there now.
  std::vector<std::string> versions(const std::string& name) {
    std::vector<std::string> out;
    const auto read = parts.catalog->read(ctx, [&](catalog::ReadView& view) -> Result<> {
      out.clear();
      const auto record = TRY(view.mirrors().record(source, "", name, std::nullopt));
      if (!record) return {};
      const auto project = TRY(python::decode_project(record->bytes));
      for (const auto& file : project.files)
        if (file.visible(std::nullopt)) out.push_back(file.version);
      return {};
    });
    EXPECT_TRUE(read);
    return out;
  }

  model::SourceId source;
};

}  // namespace granary::mirror
