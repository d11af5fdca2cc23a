#pragma once

#include <string>

namespace hwcsync::cli {

// Becomes the service `program` that stands beside this one, with the settings file, as an absolute path,
// as its only argument where one is given: each service holds nothing of what the command line needs. Comes
// back only by SystemError.
[[noreturn]] void become(const std::string& program, const std::string& settings_file);

}  // namespace hwcsync::cli
