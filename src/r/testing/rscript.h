#pragma once
/// R itself as the judge of what this component writes and decides.

#include <optional>
#include <string>
#include <vector>

namespace granary::r {

/// The standard output of `Rscript --vanilla script arguments...`. Absent when R is missing or the script
/// fails: then the test that asked is skipped or has failed already, whatever it does next.
std::optional<std::string> run_rscript(const std::string& script, const std::vector<std::string>& arguments);

/// A folder that is removed with everything in it.
class ScratchFolder {
 public:
  ScratchFolder();
  ~ScratchFolder();
  ScratchFolder(const ScratchFolder&) = delete;
  ScratchFolder& operator=(const ScratchFolder&) = delete;
  const std::string& path() const noexcept { return path_; }
  std::string write(const std::string& name, const std::string& bytes) const;  // the path written

 private:
  std::string path_;
};

}  // namespace granary::r
