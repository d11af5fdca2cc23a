#pragma once

#include <functional>
#include <string_view>

namespace hwcsync {

// The ladder of catches of a service's main(): runs `serve`, writes what it throws to stderr behind the
// program's name, and gives the exit status as DESIGN 10 has it: what `serve` returned, 1, 75 (BusyError) or
// 78 (ConfigError). SIGPIPE is ignored from then on.
[[nodiscard]] int service_main(std::string_view program, const std::function<int()>& serve) noexcept;

}  // namespace hwcsync
