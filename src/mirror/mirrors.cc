#include "mirror/mirrors.h"

#include "mirror/files.h"
#include "mirror/project.h"
#include "mirror/r_source.h"
#include "mirror/sync.h"

namespace granary::mirror {
namespace {

class RealMirrors final : public Mirrors {
 public:
  explicit RealMirrors(Parts parts)
      : parts_(std::move(parts)), files_(parts_), trees_(parts_), projects_(parts_) {}

  Result<Synced> sync(const Context& ctx, model::SourceId source, const Progress& progress) override {
    return mirror::sync(parts_, ctx, source, progress);
  }
  Result<> want_project(const Context& ctx, model::SourceId source, std::string_view project) override {
    return projects_.want(ctx, source, project);
  }
  Result<> want_tree(const Context& ctx, model::SourceId source, std::string_view tree) override {
    return trees_.want(ctx, source, std::string(tree));
  }
  Result<Opened> open_file(const Context& ctx, const model::FileRecord& file) override {
    return files_.open(ctx, file);
  }

 private:
  const Parts parts_;
  Files files_;
  RTreesOnDemand trees_;
  Projects projects_;
};

}  // namespace

std::unique_ptr<Mirrors> make_mirrors(Parts parts) { return std::make_unique<RealMirrors>(std::move(parts)); }

}  // namespace granary::mirror
