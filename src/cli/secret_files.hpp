#pragma once

#include "src/settings/settings.hpp"

#include <iosfwd>
#include <string>
#include <vector>

// `secrets decrypt` and `secrets encrypt`: files, without the secret service.
namespace hwcsync::cli {

// Writes the plaintext to stdout straight from locked memory. Without identities: those of the host's
// configuration.
int decrypt_file(const std::string& path, const std::vector<std::string>& identities,
                 const settings::Settings& settings);

struct Encryption {
  std::string path;    // plaintext; "-" for stdin
  std::string output;  // empty: `out`
  std::string format;  // "dotenv", "binary" or "age"
  std::vector<std::string> recipients;
};
int encrypt_file(const Encryption& encryption, std::ostream& out);

// "1 file", "7 files".
[[nodiscard]] std::string count_files(std::size_t count);

}  // namespace hwcsync::cli
