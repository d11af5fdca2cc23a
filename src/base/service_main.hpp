#pragma once

#include <functional>
#include <string>
#include <string_view>

namespace hwcsync {

// The main() of a service, which takes the path of a settings file and nothing else: runs `serve` with that
// path, absolute, or "" where none is named. Writes what it throws to stderr behind the program's name, and
// gives the exit status as DESIGN 10 has it: what `serve` returned, 1, 64 (other words on the command line),
// 75 (BusyError) or 78 (ConfigError). SIGPIPE is ignored from then on.
[[nodiscard]] int service_main(std::string_view program, int argc, char** argv,
                               const std::function<int(const std::string& settings_file)>& serve) noexcept;

}  // namespace hwcsync
