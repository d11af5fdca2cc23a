#pragma once

#include "secrets/arena/secure_buffer.hpp"

#include <string>

namespace hwcsync::secrets {

// The payload of an age file (STREAM): a 16-byte nonce, then chunks of 64 KiB with a tag each.
// Nothing is released before the last chunk is verified. Throws SecretError: payload_failure, or
// header_failure when even the nonce is cut (that is where the age test suite puts it).
[[nodiscard]] SecureBuffer decrypt_payload(Bytes payload, Bytes file_key);

[[nodiscard]] std::string encrypt_payload(Bytes plaintext, Bytes file_key);

}  // namespace hwcsync::secrets
