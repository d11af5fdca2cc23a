#include "secrets/age/hkdf.hpp"

#include <sodium.h>

namespace hwcsync::secrets {

SecureBuffer hkdf_sha256(Bytes key_material, Bytes salt, std::string_view info) {
  Wiped<crypto_auth_hmacsha256_state> state;
  SecureBuffer extracted(std::size_t{crypto_auth_hmacsha256_BYTES});
  ::crypto_auth_hmacsha256_init(&state.value, address_of(salt), salt.size());
  ::crypto_auth_hmacsha256_update(&state.value, address_of(key_material), key_material.size());
  ::crypto_auth_hmacsha256_final(&state.value, extracted.data());

  const Bytes label = as_bytes(info);
  const std::uint8_t first_block = 1;
  SecureBuffer out(std::size_t{crypto_auth_hmacsha256_BYTES});
  ::crypto_auth_hmacsha256_init(&state.value, extracted.data(), extracted.size());
  ::crypto_auth_hmacsha256_update(&state.value, address_of(label), label.size());
  ::crypto_auth_hmacsha256_update(&state.value, &first_block, 1);
  ::crypto_auth_hmacsha256_final(&state.value, out.data());
  return out;
}

std::array<std::uint8_t, 32> hmac_sha256(Bytes key, Bytes data) {
  Wiped<crypto_auth_hmacsha256_state> state;
  std::array<std::uint8_t, 32> out{};
  ::crypto_auth_hmacsha256_init(&state.value, address_of(key), key.size());
  ::crypto_auth_hmacsha256_update(&state.value, address_of(data), data.size());
  ::crypto_auth_hmacsha256_final(&state.value, out.data());
  return out;
}

}  // namespace hwcsync::secrets
