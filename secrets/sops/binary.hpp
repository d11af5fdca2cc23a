#pragma once

#include "secrets/identity/identity.hpp"

#include <chrono>
#include <span>
#include <string>
#include <string_view>

namespace hwcsync::secrets {

// sops' binary store: JSON {"data": "ENC[...]", "sops": {...}}; the whole file is one value. The three
// functions do for it what their namesakes do for dotenv files, with the same errors.
[[nodiscard]] SecureBuffer decrypt_sops_binary(std::string_view file, std::span<const Identity> identities);

[[nodiscard]] std::string encrypt_sops_binary(Bytes plaintext, std::span<const Recipient> recipients,
                                              std::chrono::system_clock::time_point now);

[[nodiscard]] std::string fingerprint_sops_binary(std::string_view file);

}  // namespace hwcsync::secrets
