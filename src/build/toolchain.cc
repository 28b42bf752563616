#include "build/toolchain.h"

#include <unistd.h>

#include <algorithm>
#include <filesystem>

#include "base/subprocess.h"
#include "base/text.h"

namespace granary::build {
namespace {

namespace fs = std::filesystem;

constexpr auto kPatience = std::chrono::seconds(20);
// Where it and its libraries are, and whether it can build.
constexpr const char* kQuestion =
    "import importlib.util, sys; print(sys.prefix); print(sys.base_prefix); print(sys.exec_prefix); "
    "print('build' if importlib.util.find_spec('build') else '')";

bool is_program(const std::string& path) {
  std::error_code error;
  return fs::is_regular_file(path, error) && ::access(path.c_str(), X_OK) == 0;
}

/// `wanted` is the program, or a folder with bin/<name>.
std::string program_in(const std::string& wanted, const std::vector<std::string>& names) {
  if (is_program(wanted)) return wanted;
  for (const auto& name : names) {
    if (is_program(wanted + "/bin/" + name)) return wanted + "/bin/" + name;
  }
  return {};
}

/// The usual places, and below /opt/<folder> the newest by name.
std::vector<std::string> usual_places(const std::string& name, const std::string& folder) {
  std::vector<std::string> places = {"/usr/local/bin/" + name, "/usr/bin/" + name};
  std::vector<std::string> versions;
  std::error_code error;
  for (fs::directory_iterator each("/opt/" + folder, error), end; !error && each != end;
       each.increment(error))
    versions.push_back(each->path().string() + "/bin/" + name);
  std::sort(versions.rbegin(), versions.rend());
  places.insert(places.end(), versions.begin(), versions.end());
  std::erase_if(places, [](const std::string& path) { return !is_program(path); });
  return places;
}

bool is_of_system(std::string_view path) { return path.starts_with("/usr/") || path.starts_with("/opt/"); }

void add_folder(Tool& tool, const std::string& folder) {
  auto& all = tool.folders;
  if (folder.empty() || is_of_system(folder + "/") || folder == "/") return;
  if (std::find(all.begin(), all.end(), folder) == all.end()) all.push_back(folder);
}

struct Python {
  Tool tool;
  bool builds = false;
};

Result<Python> ask(const Context& ctx, const std::string& program) {
  const auto said = TRY(output_of(ctx, {program, "-I", "-c", kQuestion}, kPatience));
  const auto lines = split(said, '\n');
  Python out;
  out.tool.program = program;
  for (std::size_t i = 0; i < 3 && i < lines.size(); ++i) add_folder(out.tool, std::string(trim(lines[i])));
  std::error_code error;
  add_folder(out.tool, fs::path(program).parent_path().string());
  add_folder(out.tool, fs::canonical(program, error).parent_path().string());
  out.builds = lines.size() > 3 && trim(lines[3]) == "build";
  return out;
}

Result<Tool> find_r(const ToolSettings& settings) {
  Tool tool;
  if (!settings.r.empty()) {
    tool.program = program_in(settings.r, {"R"});
    if (tool.program.empty())
      return fail(Errc::unsupported, "there is no R in " + settings.r,
                  "set Server.RVersion to the folder of an installation, the one that holds bin/R");
    add_folder(tool, fs::path(tool.program).parent_path().parent_path().string());
    return tool;
  }
  const auto places = usual_places("R", "R");
  if (!places.empty()) {
    tool.program = places.front();
    return tool;
  }
  return fail(Errc::unsupported, "there is no R on this node, and a builder needs one",
              "install it (Debian: r-base-core), or set Server.RVersion");
}

Result<Tool> find_python(const Context& ctx, const ToolSettings& settings) {
  const std::string lacks = "the Python of this node has not the module 'build'";
  const std::string how =
      "install it, with setuptools and wheel (Debian: python3-build, python3-setuptools, python3-wheel)";
  if (!settings.python.empty()) {
    const auto program = program_in(settings.python, {"python3", "python"});
    if (program.empty())
      return fail(
          Errc::unsupported, "there is no Python in " + settings.python,
          "set Server.PythonVersion to the folder of an installation, the one that holds bin/python3");
    auto python = TRY(ask(ctx, program));
    if (!python.builds) return fail(Errc::unsupported, lacks + ": " + program, how);
    return std::move(python.tool);
  }
  const auto places = usual_places("python3", "python");
  for (const auto& program : places) {
    auto python = ask(ctx, program);
    if (python && python->builds) return std::move(python->tool);
    TRY(ctx.check());
  }
  if (!places.empty()) return fail(Errc::unsupported, lacks, how + ", or set Server.PythonVersion");
  return fail(Errc::unsupported, "there is no Python on this node, and a builder needs one",
              "install it (Debian: python3-build), or set Server.PythonVersion");
}

/// Of the server's user, or of anybody; also what holds one.
bool is_home(const std::string& folder, const std::string& home) {
  std::error_code error;
  const auto real = [&](const std::string& path) { return fs::weakly_canonical(path, error).string() + "/"; };
  const auto path = real(folder);
  return path == "/root/" || path == "/home/" || fs::path(path).parent_path().parent_path() == "/home" ||
         (!home.empty() && home != "/" && real(home).starts_with(path));
}

}  // namespace

Result<Tool> find_tool(const Context& ctx, const Sandbox& sandbox, const ToolSettings& settings,
                       model::Ecosystem ecosystem) {
  auto tool = TRY(ecosystem == model::Ecosystem::python ? find_python(ctx, settings) : find_r(settings));
  if (!sandbox.closed()) return tool;
  for (const auto& folder : tool.folders) {
    const bool server = sandbox.is_of_server(folder);
    if (!server && !is_home(folder, settings.home)) continue;
    return fail(Errc::unsupported,
                "builds cannot use " + tool.program + ": they would read all of " + folder + ", which " +
                    (server ? "has to do with the server's own files" : "is somebody's home"),
                "install it in a folder of its own, such as /opt/R or /opt/python, and name that in "
                "Server.RVersion or Server.PythonVersion");
  }
  return tool;
}

}  // namespace granary::build
