#pragma once

#include "secrets/service/local_service.hpp"

namespace hwcsync::secrets {

// `hwcsync secretsd`: hardens the process, serves the recorded generation, answers on the socket until
// SIGTERM or SIGINT, reloads on SIGHUP. Gives the exit code; throws Error when it cannot start. To be called
// on the main thread before any other thread exists.
int run_secretsd(const SecretsdOptions& options);

}  // namespace hwcsync::secrets
