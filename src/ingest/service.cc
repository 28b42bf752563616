#include "ingest/changes.h"
#include "ingest/collect.h"
#include "ingest/erase.h"
#include "ingest/ingest.h"
#include "ingest/publish.h"
#include "ingest/repositories.h"
#include "ingest/sources.h"
#include "ingest/verify.h"

namespace granary::ingest {

namespace {

/// Each use case is a function of Parts, in the file of its noun.
class Service final : public Ingest {
 public:
  explicit Service(Parts parts) : parts_(std::move(parts)) {}

  Result<Published> publish(const Context& ctx, std::string_view source, const Upload& upload,
                            const Publish& how) override {
    return publish_file(parts_, ctx, source, upload, how);
  }
  Result<Changed> remove(const Context& ctx, std::string_view source, const Selector& selector, bool dry_run,
                         std::string_view actor, std::string_view comment) override {
    return remove_files(parts_, ctx, source, selector, dry_run, {actor, comment});
  }
  Result<Changed> archive(const Context& ctx, std::string_view source, std::string_view package,
                          std::string_view actor, std::string_view comment) override {
    return archive_package(parts_, ctx, source, package, {actor, comment});
  }
  Result<Changed> yank(const Context& ctx, std::string_view source, const Selector& selector,
                       std::string_view reason, std::string_view actor) override {
    return yank_files(parts_, ctx, source, selector, std::string(reason), {actor, reason});
  }
  Result<Changed> unyank(const Context& ctx, std::string_view source, const Selector& selector,
                         std::string_view actor) override {
    return yank_files(parts_, ctx, source, selector, std::nullopt, {actor, ""});
  }

  Result<model::Source> create_source(const Context& ctx, std::string_view name, model::SourceType type,
                                      std::string_view description, bool succeed_on_existing) override {
    return ingest::create_source(parts_, ctx, name, type, description, succeed_on_existing);
  }
  Result<model::Source> edit_source(const Context& ctx, std::string_view source,
                                    std::optional<std::string> name,
                                    std::optional<std::string> description) override {
    return ingest::edit_source(parts_, ctx, source, name, description);
  }
  Result<bool> delete_source(const Context& ctx, std::string_view source) override {
    return ingest::delete_source(parts_, ctx, source);
  }
  Result<model::Repository> create_repository(const Context& ctx, const model::Repository& wanted,
                                              bool succeed_on_existing) override {
    return ingest::create_repository(parts_, ctx, wanted, succeed_on_existing);
  }
  Result<model::Repository> edit_repository(const Context& ctx, std::string_view repository,
                                            const RepositoryChange& change) override {
    return ingest::edit_repository(parts_, ctx, repository, change);
  }
  Result<> delete_repository(const Context& ctx, std::string_view repository) override {
    return ingest::delete_repository(parts_, ctx, repository);
  }
  Result<model::Repository> subscribe(const Context& ctx, std::string_view repository,
                                      std::string_view source, bool succeed_on_existing) override {
    return ingest::subscribe(parts_, ctx, repository, source, succeed_on_existing);
  }
  Result<model::Repository> unsubscribe(const Context& ctx, std::string_view repository,
                                        std::string_view source) override {
    return ingest::unsubscribe(parts_, ctx, repository, source);
  }
  Result<model::Repository> reorder(const Context& ctx, std::string_view repository,
                                    const std::vector<std::string>& sources) override {
    return ingest::reorder(parts_, ctx, repository, sources);
  }

  Result<std::uint64_t> erase_deleted(const Context& ctx, const OnProgress& progress) override {
    return erase_remnants(parts_, ctx, progress);
  }
  Result<bool> has_deleted(const Context& ctx) override {
    bool any = false;
    TRY(parts_.catalog->read(ctx, [&](catalog::ReadView& view) -> Result<> {
      any = !TRY(view.remnants()).empty();
      return {};
    }));
    return any;
  }
  Result<Collected> collect(const Context& ctx, bool dry_run, std::chrono::seconds grace,
                            const OnProgress& progress) override {
    return collect_blobs(parts_, ctx, dry_run, grace, progress);
  }
  Result<Verified> verify(const Context& ctx, const OnProgress& progress) override {
    return verify_all(parts_, ctx, progress);
  }

 private:
  Parts parts_;
};

}  // namespace

std::unique_ptr<Ingest> make_ingest(std::shared_ptr<catalog::Catalog> catalog,
                                    std::shared_ptr<blob::BlobStore> blobs,
                                    std::shared_ptr<const Clock> clock, std::chrono::milliseconds patience,
                                    std::function<bool()> older_nodes_work) {
  return std::make_unique<Service>(
      Parts{std::move(catalog), std::move(blobs), std::move(clock), patience, std::move(older_nodes_work)});
}

}  // namespace granary::ingest
