#pragma once

#include "src/base/error.hpp"
#include "src/base/tree.hpp"

#include <string>

namespace hwcsync::cli {

// The files of this machine as a tree: "/home/eric/x" is "home/eric/x" here. Links are followed, as every
// program does with the files that a person names. Files over 16 MiB are an error.
class PlainFiles final : public Tree {
 public:
  [[nodiscard]] std::optional<std::string> read(const std::string& path) const override;
  [[nodiscard]] std::optional<std::vector<TreeEntry>> list(const std::string& path) const override;
};

// "x/compose.yaml", as a person in the working directory says it, to its path in that tree.
[[nodiscard]] std::string to_tree_path(const std::string& path);

// The same error with the names that a person in the working directory would use.
[[nodiscard]] ConfigError with_plain_names(const ConfigError& error);
[[nodiscard]] Location with_plain_name(Location where);

}  // namespace hwcsync::cli
