#pragma once

#include "gitops/nix/render.hpp"

#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace hwcsync::cli {

// generated/hwcsync/<host> in a working directory. Only what hwcsync wrote is replaced or removed: files that
// carry the marker as it was written, and the copies of an owner's files, which carry none and are listed
// with their hashes in `.copies`.
class GeneratedDirectory {
 public:
  explicit GeneratedDirectory(std::string path) : path_(std::move(path)) {}

  // Throws RefusedError, and writes nothing, when something stands there that hwcsync did not write or that
  // was edited since; its hint shows the difference. What is no longer rendered is removed.
  void write(const nix::Rendered& rendered) const;
  // Paths that differ in content or in being executable, are missing, or are no longer rendered; sorted.
  [[nodiscard]] std::vector<std::string> stale(const nix::Rendered& rendered) const;

 private:
  using Files = std::map<std::string, std::string>;  // path below the directory -> content or hash

  [[nodiscard]] std::vector<std::string> present() const;
  [[nodiscard]] Files read_copies() const;
  void refuse_foreign(const Files& files) const;
  void remove(const std::string& path) const;

  std::string path_;
};

// The lines that differ, as "- was" and "+ now" after the number of the first; at most a screen of them.
[[nodiscard]] std::string line_difference(std::string_view was, std::string_view now);

}  // namespace hwcsync::cli
