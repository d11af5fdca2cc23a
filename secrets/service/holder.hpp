#pragma once

#include "secrets/service/view_table.hpp"

#include <chrono>
#include <string>
#include <vector>

namespace hwcsync::secrets {

struct HolderOptions {
  std::vector<std::string> argv;               // the program that serves and its arguments; argv[0] is a path
  ViewPlaces places;                           // whose views end with us
  std::chrono::milliseconds patience{20'000};  // for an orderly end
};

// Stands in for systemd where that is not: starts the secret service, keeps the descriptors that it stores
// (FDSTORE=1), starts it again whenever it dies, from the same path, and hands them back, so that readers
// wait and do not fail. Holds neither keys nor plaintext.
//
// SIGTERM and SIGINT end both and unmount the views; SIGHUP is passed on. Should the holder alone be killed,
// the service ends too and takes the views away: open files fail with ENOTCONN, and the next holder serves
// what was served. Gives 0, or the exit code of a service that was never ready. Throws BusyError when another
// one holds these views.
int run_holder(const HolderOptions& options);

// The path of this program and its arguments, to be started once more; the file at the path may be newer by
// then.
[[nodiscard]] std::vector<std::string> own_command_line();

}  // namespace hwcsync::secrets
