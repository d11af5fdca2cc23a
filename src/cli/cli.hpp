#pragma once

#include <iosfwd>
#include <string>
#include <vector>

namespace hwcsync::cli {

// Picks the command, runs it and turns every error into a message and an exit status (DESIGN 10). `arguments`
// are those after the program's name. stdout gets data, stderr diagnostics.
[[nodiscard]] int run(std::vector<std::string> arguments, std::ostream& out, std::ostream& err);

}  // namespace hwcsync::cli
