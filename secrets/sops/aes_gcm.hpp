#pragma once

#include "secrets/arena/secure_buffer.hpp"

#include <memory>
#include <optional>
#include <string_view>
#include <vector>

namespace hwcsync::secrets {

// AES-256-GCM with nonces of any length (sops uses 32 bytes; libsodium knows only 12), one key for many
// values. One thread at a time. OpenSSL keeps the expanded key in its own heap and wipes it with this object.
class AesGcm {
 public:
  explicit AesGcm(Bytes key);  // 32 bytes
  ~AesGcm();
  AesGcm(const AesGcm&) = delete;
  AesGcm& operator=(const AesGcm&) = delete;

  // nullopt when the tag does not fit.
  [[nodiscard]] std::optional<SecureBuffer> open(Bytes nonce, Bytes ciphertext, Bytes tag,
                                                 std::string_view aad);

  struct Sealed {
    std::vector<std::uint8_t> nonce;  // 32 random bytes
    std::vector<std::uint8_t> ciphertext;
    std::vector<std::uint8_t> tag;  // 16 bytes
  };
  [[nodiscard]] Sealed seal(Bytes plaintext, std::string_view aad);

 private:
  struct Context;
  std::unique_ptr<Context> context_;
};

}  // namespace hwcsync::secrets
