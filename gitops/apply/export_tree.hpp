#pragma once

#include "gitops/source/repository.hpp"

#include <string>

namespace hwcsync::apply {

// Writes the files of a commit to <state>/export/<id>, for a host without a flake, and gives that path. The
// directory appears whole by a rename; one that is there already is complete and taken as it is.
[[nodiscard]] std::string export_tree(const std::string& state_dir, const git::Repository& mirror,
                                      const git::ObjectId& commit);

}  // namespace hwcsync::apply
