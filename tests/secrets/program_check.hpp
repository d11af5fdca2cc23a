#pragma once

#include <map>
#include <string>
#include <vector>

namespace hwcsync::secrets::test {

// For tests against other programs, which are executables of their own so that they can be skipped (exit 77).

[[nodiscard]] bool installed(const std::string& program);

// Its stdout; throws Error unless it succeeds.
[[nodiscard]] std::string run(std::vector<std::string> argv,
                              const std::map<std::string, std::string>& environment = {});

void write_file(const std::string& path, const std::string& content);

// Counts and prints what does not hold.
void expect(bool holds, const std::string& what);

// Prints the outcome; the exit status for main().
[[nodiscard]] int finish();

}  // namespace hwcsync::secrets::test
