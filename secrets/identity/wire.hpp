#pragma once

#include "secrets/arena/secure_buffer.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace hwcsync::secrets {

// Reads the SSH wire format (RFC 4251, section 5): big-endian integers, length-prefixed strings. Views into
// the bytes that it was given; nullopt when they end too early.
class WireReader {
 public:
  explicit WireReader(Bytes bytes) noexcept : rest_(bytes) {}

  [[nodiscard]] std::optional<std::uint32_t> number();
  [[nodiscard]] std::optional<Bytes> string();
  [[nodiscard]] std::optional<Bytes> take(std::size_t count);
  [[nodiscard]] Bytes rest() const noexcept { return rest_; }

 private:
  Bytes rest_;
};

void append_wire_string(std::string& out, std::string_view text);

// A public key on the wire: string "ssh-ed25519", string key.
[[nodiscard]] std::string ssh_public_key_wire(std::string_view type, Bytes key);

// Whether the bytes are exactly this text.
[[nodiscard]] bool is_text(Bytes bytes, std::string_view text);

}  // namespace hwcsync::secrets
