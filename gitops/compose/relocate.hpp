#pragma once

#include "src/base/yaml.hpp"

#include <string>

namespace hwcsync::compose {

// Rewrites the relative paths of a document, or of one service, which are meant from the directory `from` of
// the tree, so that they mean the same files from `to` (compose-go: paths/resolve.go). Absolute paths, "~",
// and what is no path (the name of a volume, a URL) stay. Pure.
void relocate_document(Yaml& document, const std::string& from, const std::string& to);
void relocate_service(Yaml& service, const std::string& from, const std::string& to);

}  // namespace hwcsync::compose
