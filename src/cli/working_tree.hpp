#pragma once

#include "src/base/tree.hpp"
#include "src/cli/command.hpp"
#include "src/settings/settings.hpp"

#include <memory>
#include <string>

namespace hwcsync::cli {

// The files that lint and render look at, of the repository that choose_place() finds: a directory as it
// stands, committed or not; of a bare repository the newest commit.
struct Files {
  std::unique_ptr<Tree> tree;
  std::string root;  // of a directory; empty for a bare repository
};
[[nodiscard]] Files open_files(const std::string& directory, const Context& context,
                               const settings::Settings& settings);

}  // namespace hwcsync::cli
