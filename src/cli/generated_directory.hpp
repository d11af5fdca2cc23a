#pragma once

#include "gitops/nix/render.hpp"

#include <map>
#include <string>
#include <vector>

namespace hwcsync::cli {

// generated/hwcsync/<host> in a working directory. Only what hwcsync wrote is replaced or removed
// (gitops/nix/standing_files).
class GeneratedDirectory {
 public:
  explicit GeneratedDirectory(std::string path) : path_(std::move(path)) {}

  // Throws RefusedError, and writes nothing, when something stands there that hwcsync did not write or that
  // was edited since; its hint shows the difference. What is no longer rendered is removed.
  void write(const nix::Rendered& rendered) const;
  // Paths that differ in content or in being executable, are missing, or are no longer rendered; sorted.
  [[nodiscard]] std::vector<std::string> stale(const nix::Rendered& rendered) const;

 private:
  using Files = std::map<std::string, std::string>;  // path below the directory -> content

  [[nodiscard]] std::vector<std::string> present() const;
  void refuse_foreign(const Files& files) const;
  void remove(const std::string& path) const;

  std::string path_;
};

}  // namespace hwcsync::cli
