#include "secrets/age/wrap.hpp"

#include "secrets/age/hkdf.hpp"
#include "secrets/arena/base64.hpp"

#include <sodium.h>

#include <algorithm>
#include <array>

namespace hwcsync::secrets {
namespace {

constexpr std::array<std::uint8_t, crypto_aead_chacha20poly1305_ietf_NPUBBYTES> kZeroNonce{};

}  // namespace

std::optional<SecureBuffer> unwrap_file_key(Bytes wrap_key, Bytes body) {
  SecureBuffer out(kFileKeySize);
  if (::crypto_aead_chacha20poly1305_ietf_decrypt(out.data(), nullptr, nullptr, body.data(), body.size(),
                                                  nullptr, 0, kZeroNonce.data(), wrap_key.data()) != 0) {
    return std::nullopt;
  }
  return out;
}

std::vector<std::uint8_t> wrap_file_key(Bytes wrap_key, Bytes file_key) {
  std::vector<std::uint8_t> out(kWrappedKeySize);
  ::crypto_aead_chacha20poly1305_ietf_encrypt(out.data(), nullptr, file_key.data(), file_key.size(), nullptr,
                                              0, nullptr, kZeroNonce.data(), wrap_key.data());
  return out;
}

SecureBuffer shared_secret(Bytes secret, Bytes public_key) {
  SecureBuffer out(std::size_t{crypto_scalarmult_BYTES});
  if (::crypto_scalarmult(out.data(), secret.data(), public_key.data()) != 0) {
    throw_header_failure("the share of a stanza is a point of low order");
  }
  return out;
}

EphemeralKey make_ephemeral_key() {
  EphemeralKey out{SecureBuffer(std::size_t{crypto_scalarmult_SCALARBYTES}), {}};
  ::randombytes_buf(out.secret.data(), out.secret.size());
  ::crypto_scalarmult_base(out.share.data(), out.secret.data());
  return out;
}

SecureBuffer derive_wrap_key(Bytes shared, Bytes share, Bytes public_key, std::string_view label) {
  std::array<std::uint8_t, 64> salt{};
  std::ranges::copy(public_key, std::ranges::copy(share, salt.begin()).out);
  return hkdf_sha256(shared, salt, label);
}

std::string ssh_tag(std::string_view wire) {
  std::array<std::uint8_t, crypto_hash_sha256_BYTES> digest{};
  const Bytes bytes = as_bytes(wire);
  ::crypto_hash_sha256(digest.data(), bytes.data(), bytes.size());
  return encode_base64(Bytes(digest).first(4), Padding::none);
}

}  // namespace hwcsync::secrets
