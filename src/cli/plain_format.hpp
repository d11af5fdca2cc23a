#pragma once

#include "secrets/arena/secure_buffer.hpp"

#include <string>

namespace hwcsync::cli {

// How a plaintext file is to be encrypted where nobody says it: yaml, json, ini, dotenv or age when its name
// says so, or the name that the encrypted file gets; dotenv also where its lines are NAME=value and the
// file's name has ".env." in it, or where they cannot be anything else; else binary. Keys of the first four
// stay in clear, so what may be no key must not be taken for one: UsageError where the name says dotenv and a
// line does not.
[[nodiscard]] std::string choose_plain_format(const std::string& path, const std::string& output,
                                              secrets::Bytes content);

}  // namespace hwcsync::cli
