#include "python/target.h"

#include <algorithm>
#include <array>

#include "base/text.h"
#include "python/filename.h"
#include "python/requirement.h"

namespace granary::python {
namespace {

/// What markers see of a system.
struct System {
  std::string_view name, sys_platform, platform_system, os_name;
};
constexpr std::array<System, 4> kSystems = {{{"linux", "linux", "Linux", "posix"},
                                             {"musllinux", "linux", "Linux", "posix"},
                                             {"macosx", "darwin", "Darwin", "posix"},
                                             {"win", "win32", "Windows", "nt"}}};

const System* find_known(std::string_view platform) {
  for (const auto& one : kSystems)
    if (platform.substr(0, platform.find('_')) == one.name) return &one;
  return nullptr;
}

/// "linux_x86_64" of "manylinux2014_x86_64": system and machine of a wheel's tag. Itself when it has no
/// versions.
std::string plain(std::string_view tag) {
  if (tag == "win32") return "win_x86";
  std::string name(tag.substr(0, tag.find('_')));
  auto rest = tag.substr(std::min(tag.size(), name.size() + 1));
  if (name.starts_with("manylinux")) name = "linux";
  // Versions: manylinux_2_17_x86_64, musllinux_1_2_x86_64, macosx_11_0_arm64.
  while (!rest.empty() && rest[0] >= '0' && rest[0] <= '9') {
    const auto end = rest.find('_');
    if (end == rest.npos) break;
    rest.remove_prefix(end + 1);
  }
  return name + '_' + std::string(rest);
}

/// macOS runs what was built for both kinds of machine.
bool covers(std::string_view tag, const std::string& platform) {
  const auto one = plain(tag);
  if (one == platform) return true;
  return platform.starts_with("macosx_") &&
         (one == "macosx_universal2" || (one == "macosx_universal" && platform == "macosx_x86_64") ||
          (one == "macosx_intel" && platform == "macosx_x86_64"));
}

/// "cp311", "py3", "py2.py3", and "cp37" with the stable interface.
bool runs_on(const Version& python, std::string_view tag, bool stable) {
  const auto digits = tag.size() > 2 ? tag.substr(2) : std::string_view();
  if (!tag.starts_with("py") && !tag.starts_with("cp")) return false;
  if (digits.empty() || digits.find_first_not_of("0123456789") != digits.npos) return true;  // not known
  if (digits.substr(0, 1) != python.release[0].text()) return false;
  const auto minor = parse_unsigned(digits.substr(1));
  if (!minor) return true;  // "py3"
  const auto mine = python.release.size() > 1 ? parse_unsigned(python.release[1].text()) : std::nullopt;
  if (!mine) return true;
  return tag.starts_with("py") || stable ? *minor <= *mine : *minor == *mine;
}

}  // namespace

Result<Target> parse_target(std::string_view python, const std::vector<std::string>& platforms) {
  Target out;
  if (!trim(python).empty()) {
    out.python = Version::parse(python);
    if (!out.python)
      return fail(Errc::invalid_argument,
                  "'" + std::string(python.substr(0, 40)) + "' is no version of Python", "write it as 3.11");
  }
  for (const auto& text : platforms) {
    auto platform = plain(lower(trim(text)));
    const auto* system = find_known(platform);
    if (system == nullptr || platform.size() < system->name.size() + 2)
      return fail(Errc::invalid_argument, "'" + text.substr(0, 40) + "' is no platform",
                  "write it as linux_x86_64, linux_aarch64, musllinux_x86_64, win_amd64, macosx_arm64 or "
                  "macosx_x86_64");
    out.platforms.push_back(std::move(platform));
  }
  return out;
}

bool takes(const Target& target, std::string_view filename, bool wheel, std::string_view requires_python) {
  if (target.python && !allows(requires_python, *target.python)) return false;
  if (!wheel || (!target.python && target.platforms.empty())) return true;
  const auto name = parse_wheel_filename(filename);
  if (!name) return true;
  const bool stable = std::find(name->abis.begin(), name->abis.end(), "abi3") != name->abis.end();
  if (target.python && std::none_of(name->pythons.begin(), name->pythons.end(),
                                    [&](const auto& tag) { return runs_on(*target.python, tag, stable); }))
    return false;
  if (target.platforms.empty()) return true;
  return std::any_of(name->platforms.begin(), name->platforms.end(), [&](const auto& tag) {
    return tag == "any" || std::any_of(target.platforms.begin(), target.platforms.end(),
                                       [&](const auto& platform) { return covers(tag, platform); });
  });
}

std::vector<MarkerEnvironment> environments_of(const Target& target) {
  MarkerEnvironment common;
  if (target.python) {
    const auto& release = target.python->release;
    const auto minor = release.size() > 1 ? release[1].text() : "0";
    common = {{"python_version", release[0].text() + '.' + minor},
              {"implementation_name", "cpython"},
              {"platform_python_implementation", "CPython"}};
    if (release.size() > 2) common.emplace("python_full_version", target.python->text());
  }
  if (target.platforms.empty()) return {common};
  std::vector<MarkerEnvironment> out;
  for (const auto& platform : target.platforms) {
    const auto* system = find_known(platform);
    auto one = common;
    one.emplace("sys_platform", system->sys_platform);
    one.emplace("platform_system", system->platform_system);
    one.emplace("os_name", system->os_name);
    auto machine = platform.substr(system->name.size() + 1);
    if (system->name == "win") {
      machine = machine == "amd64" ? "AMD64" : machine == "arm64" ? "ARM64" : machine;
    }
    one.emplace("platform_machine", std::move(machine));
    out.push_back(std::move(one));
  }
  return out;
}

}  // namespace granary::python
