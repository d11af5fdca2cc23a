#pragma once

#include "gitops/history/request.hpp"
#include "src/base/clock.hpp"

#include <optional>
#include <string>

namespace hwcsync::history {

// What the last good run put on this host: <state>/deployed.json, version 1. World-readable, so that a plan
// by somebody who is not root can start from it; therefore no secrets and nothing derived from plaintext (the
// secrets generation is a hash of the manifest and of ciphertext ids).
struct Deployed {
  std::string host;
  std::string revision;            // of the config repository
  std::string generated;           // commit with the generated modules
  std::string store_path;          // of the system
  std::string secrets_generation;  // empty: no secrets
  RunId run = 0;
  WallTime at;
};

// Nothing when nothing was deployed yet. Throws Error when the file is there and cannot be read.
[[nodiscard]] std::optional<Deployed> read_deployed(const std::string& state_dir);
// Atomic and synced.
void write_deployed(const std::string& state_dir, const Deployed& deployed);

}  // namespace hwcsync::history
