#ifndef HWCSYNC_CATCH3
#define CATCH_CONFIG_RUNNER
#endif
#include "tests/support/catch.hpp"

#include <csignal>

int main(int argc, char** argv) {
  std::signal(SIGPIPE, SIG_IGN);
  return Catch::Session().run(argc, argv);
}
