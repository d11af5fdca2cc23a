#pragma once

#include "gitops/nix/render.hpp"
#include "gitops/nix/standing_files.hpp"

#include <map>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace hwcsync::cli {

// generated/hwcsync/<host> in a working directory. Only what hwcsync wrote is replaced or removed
// (gitops/nix/standing_files).
//
// A write may be broken off between any two of its steps, or in one: the list then names what stood there
// before and what was to come, each file is old or new, and the next write goes on from there.
class GeneratedDirectory {
 public:
  struct Step {
    enum class Kind { write, remove, remove_directory };
    Kind kind = Kind::write;
    std::string path = {};     // below the directory
    std::string content = {};  // of a write
    unsigned mode = 0644;
  };

  explicit GeneratedDirectory(std::string path) : path_(std::move(path)) {}

  // What has to be done, in this order. Throws RefusedError when something stands there that hwcsync did not
  // write or that was edited since; its hint shows the difference. What is no longer rendered is removed.
  [[nodiscard]] std::vector<Step> steps(const nix::Rendered& rendered) const;
  void perform(const Step& step) const;
  // All steps; they are given back as a report.
  std::vector<Step> write(const nix::Rendered& rendered) const;
  // Paths that differ in content or in being executable, are missing, or are no longer rendered; sorted.
  [[nodiscard]] std::vector<std::string> stale(const nix::Rendered& rendered) const;

  // Its own list, which is no generated file.
  [[nodiscard]] static bool is_list(const std::string& path);

 private:
  [[nodiscard]] std::vector<std::string> present() const;
  [[nodiscard]] std::vector<std::string> directories(const std::string& below) const;
  [[nodiscard]] std::string list() const;  // empty where there is none
  void refuse_foreign(const nix::FileMap& files) const;
  void add_removals(const nix::FileMap& files, std::vector<Step>& out) const;

  std::string path_;
};

}  // namespace hwcsync::cli
