#pragma once

#include "secrets/arena/secure_buffer.hpp"
#include "src/base/process.hpp"

#include <map>
#include <string>
#include <vector>

namespace hwcsync::secrets {

// Runs a program whose input and output are secret, without a copy outside of the arena and the kernel's
// pipes: `input` is its stdin, `extra` can be read at /dev/fd/3 (empty: not there; at most 64 KiB).
struct PipedResult {
  int status = 0;  // as waitpid gives it
  SecureBuffer output;
  std::string errors;  // its stderr, up to 4 KiB
};
// Kills it after a minute (status of the signal). `environment` is all of the child's. Throws SystemError
// when it cannot be started.
[[nodiscard]] PipedResult run_piped(
    const std::vector<std::string>& argv, Bytes input, Bytes extra,
    const std::map<std::string, std::string>& environment = minimal_environment());

}  // namespace hwcsync::secrets
