#pragma once

#include "src/base/tree.hpp"
#include "src/cli/command.hpp"

#include <memory>
#include <string>

namespace hwcsync::cli {

// The files that lint and render look at: a directory as it stands, committed or not; of a bare repository
// the newest commit. `directory` empty: --repo, else the working directory.
struct Files {
  std::unique_ptr<Tree> tree;
  std::string root;  // of a directory; empty for a bare repository
};
[[nodiscard]] Files open_files(const std::string& directory, const Context& context);

}  // namespace hwcsync::cli
