#pragma once

#include <cstdio>
#include <cstdlib>
#include <string>

#include <unistd.h>

namespace hwcsync::test {

// For executables that cannot do anything without nix-instantiate: made before main, it ends the program with
// 77
// ("skipped" to ctest) and the reason.
struct NeedNix {
  NeedNix() {
    const char* path = std::getenv("PATH");
    std::string rest = path == nullptr ? "" : path;
    while (!rest.empty()) {
      const auto colon = rest.find(':');
      const std::string directory = rest.substr(0, colon);
      rest = colon == std::string::npos ? "" : rest.substr(colon + 1);
      if (::access((directory + "/nix-instantiate").c_str(), X_OK) == 0) return;
    }
    std::fputs("skipped: nix-instantiate is not installed\n", stdout);
    std::fflush(stdout);
    std::_Exit(77);
  }
};

}  // namespace hwcsync::test
