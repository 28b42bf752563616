#include "build/package_build.h"

#include <fcntl.h>
#include <sys/stat.h>

#include <algorithm>
#include <array>
#include <filesystem>

#include "base/file.h"
#include "base/hash.h"
#include "base/log.h"
#include "base/text.h"
#include "build/gist.h"
#include "build/run_in.h"

namespace granary::build {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kKeptLines = 200, kMostProducts = 8;

/// As pip says that the index did not answer.
bool lacked_index(const std::vector<std::string>& lines) {
  constexpr auto kSigns = std::to_array<std::string_view>(
      {"connection broken by", "Max retries exceeded", "Connection timed out", "HTTP error 5"});
  return std::any_of(lines.begin(), lines.end(), [&](const std::string& line) {
    return std::any_of(kSigns.begin(), kSigns.end(),
                       [&](std::string_view sign) { return line.find(sign) != std::string::npos; });
  });
}

class Making {
 public:
  Making(const Context& ctx, const Sandbox& sandbox, const WorkFolder& work, const ToolSettings& settings,
         const std::string& folder, std::int64_t time)
      : ctx_(&ctx), sandbox_(&sandbox), work_(&work), settings_(&settings), folder_(&folder), time_(time) {}

  Result<> make_r() {
    const auto r = TRY(find_tool(*ctx_, *sandbox_, *settings_, model::Ecosystem::r));
    // Vignettes need packages that are not here; what the repository has of them built is taken along.
    return run(r, "R CMD build", {r.program, "CMD", "build", "--no-build-vignettes", "--no-manual", *folder_},
               false);
  }

  Result<> make_python() {
    const auto python = TRY(find_tool(*ctx_, *sandbox_, *settings_, model::Ecosystem::python));
    TRY(run(python, "building the sdist", build_words(python, "--sdist"), isolated()));
    const auto wheel = run(python, "building the wheel", build_words(python, "--wheel"), isolated());
    TRY(ctx_->check());
    if (!wheel && wheel.error().code() == Errc::unavailable) return tl::unexpected(wheel.error());
    if (!wheel) ctx_->log().warn("no wheel: " + wheel.error().message());
    return {};
  }

 private:
  bool isolated() const { return !settings_->python_index.empty(); }

  std::vector<std::string> build_words(const Tool& python, const std::string& what) const {
    std::vector<std::string> words = {python.program, "-m", "build", what, "--outdir", work_->out()};
    if (!isolated()) words.emplace_back("--no-isolation");
    words.push_back(*folder_);
    return words;
  }

  Result<> run(const Tool& tool, const std::string& doing, std::vector<std::string> words, bool network) {
    Program program;
    program.arguments = std::move(words);
    program.folder = work_->out();
    program.writable = {work_->tree(), work_->out(), work_->home(), work_->temporary()};
    program.readable = tool.folders;
    program.temporary = work_->temporary();
    program.network = network;
    auto& environment = program.environment;
    environment = environment_in(*work_, fs::path(tool.program).parent_path().string());
    environment.insert(
        environment.end(),
        {"TMPDIR=" + work_->temporary(), "PYTHONDONTWRITEBYTECODE=1", "PIP_DISABLE_PIP_VERSION_CHECK=1",
         "PIP_NO_INPUT=1", "PIP_CONFIG_FILE=/dev/null", "SOURCE_DATE_EPOCH=" + std::to_string(time_)});
    if (network) environment.push_back("PIP_INDEX_URL=" + settings_->python_index);
    const Limits limits;
    std::vector<std::string> lines;
    const auto status = TRY(run_in(ctx_->with_timeout(limits.time), *sandbox_, *work_, program, limits,
                                   [&](std::string_view line) {
                                     if (!trim(line).empty()) ctx_->log().info(line);
                                     if (lines.size() == kKeptLines) lines.erase(lines.begin());
                                     lines.emplace_back(line);
                                   }));
    if (status == 0) return {};
    return fail(network && lacked_index(lines) ? Errc::unavailable : Errc::corrupt,
                doing + " failed (" + std::to_string(status) + "): " + gist_of(lines),
                "the log of the job has all that it said");
  }

  const Context* ctx_;
  const Sandbox* sandbox_;
  const WorkFolder* work_;
  const ToolSettings* settings_;
  const std::string* folder_;
  std::int64_t time_;
};

/// A file that the build made, and not a link to one of the server's.
Result<Product> read_product(const std::string& folder, const std::string& filename) {
  Product out{filename, folder + "/" + filename, {}};
  UniqueFd fd(::open(out.path.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK));
  struct stat facts{};
  if (!fd || ::fstat(fd.get(), &facts) != 0 || !S_ISREG(facts.st_mode) || facts.st_nlink != 1)
    return fail(Errc::invalid_argument, "the build made '" + filename.substr(0, 80) + "', which is no file",
                "look at what its scripts do");
  const FileSource bytes(std::move(fd), static_cast<std::uint64_t>(facts.st_size));
  Hasher hash(HashKind::sha256);
  TRY(for_each_chunk(bytes, [&](ByteSpan chunk) -> Result<> {
    hash.update(chunk);
    return {};
  }));
  const auto raw = hash.finish();
  std::copy_n(as_bytes(raw).begin(), out.digest.bytes.size(), out.digest.bytes.begin());
  return out;
}

}  // namespace

Result<std::string> package_folder(const WorkFolder& work, const Builder& builder,
                                   model::Ecosystem ecosystem) {
  std::error_code error;
  const auto tree = fs::canonical(work.tree(), error).string();
  const auto shown = builder.sub_dir.empty() ? std::string("the repository") : "'" + builder.sub_dir + "'";
  const auto folder = fs::canonical(tree + "/" + builder.sub_dir, error).string();
  const std::string hint = "name its folder with: granary edit git-builder --new-sub-dir";
  if (error || !fs::is_directory(folder, error))
    return fail(Errc::invalid_argument, "the repository has no folder " + shown, hint);
  if (folder != tree && !folder.starts_with(tree + "/"))
    return fail(Errc::invalid_argument, shown + " is a link that leads out of the repository", hint);
  const auto has = [&](const char* name) { return fs::is_regular_file(folder + "/" + name, error); };
  if (ecosystem == model::Ecosystem::r && !has("DESCRIPTION"))
    return fail(Errc::invalid_argument, "there is no R package in " + shown + ": it has no DESCRIPTION",
                hint);
  if (ecosystem == model::Ecosystem::python && !has("pyproject.toml") && !has("setup.py"))
    return fail(Errc::invalid_argument,
                "there is no Python package in " + shown + ": it has neither pyproject.toml nor setup.py",
                hint);
  return folder;
}

Result<std::vector<Product>> build_package(const Context& ctx, const Sandbox& sandbox, const WorkFolder& work,
                                           const ToolSettings& settings, const std::string& folder,
                                           model::Ecosystem ecosystem, std::int64_t commit_time) {
  Making making(ctx, sandbox, work, settings, folder, commit_time);
  TRY(ecosystem == model::Ecosystem::python ? making.make_python() : making.make_r());
  std::vector<std::string> names;
  std::error_code error;
  for (fs::directory_iterator each(work.out(), error), end; !error && each != end; each.increment(error)) {
    auto name = each->path().filename().string();
    if (name.ends_with(".tar.gz") || name.ends_with(".whl") || name.ends_with(".zip"))
      names.push_back(std::move(name));
  }
  if (names.empty() || names.size() > kMostProducts)
    return fail(Errc::corrupt, "the build made " + std::to_string(names.size()) + " packages",
                "the log of the job has all that it said");
  std::sort(names.begin(), names.end(), [](const std::string& a, const std::string& b) {
    const bool wheel_a = a.ends_with(".whl"), wheel_b = b.ends_with(".whl");
    return wheel_a != wheel_b ? wheel_a : a < b;
  });
  std::vector<Product> products;
  for (const auto& name : names) products.push_back(TRY(read_product(work.out(), name)));
  return products;
}

}  // namespace granary::build
