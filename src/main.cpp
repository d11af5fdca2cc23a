#include "src/cli/cli.hpp"

#include <csignal>
#include <iostream>

int main(int argc, char** argv) {
  std::signal(SIGPIPE, SIG_IGN);
  return hwcsync::cli::run({argv + 1, argv + argc}, std::cout, std::cerr);
}
