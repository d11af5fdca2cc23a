#include "secrets/sops/mac.hpp"

#include "secrets/arena/secret_error.hpp"
#include "secrets/sops/timestamp.hpp"
#include "secrets/sops/value.hpp"

#include <sodium.h>

#include <array>

namespace hwcsync::secrets {
namespace {

constexpr std::string_view kSubject = "a sops file";

// sops primes the hash with SHA-256("sops") when only encrypted values count.
constexpr std::array<std::uint8_t, 32> kOnlyEncryptedPrefix{
    0x8a, 0x3f, 0xd2, 0xad, 0x54, 0xce, 0x66, 0x52, 0x7b, 0x10, 0x34, 0xf3, 0xd1, 0x47, 0xbe, 0x0b,
    0x0b, 0x97, 0x5b, 0x3b, 0xf4, 0x4f, 0x72, 0xc6, 0xfd, 0xad, 0xec, 0x81, 0x76, 0xf2, 0x7d, 0x69};

}  // namespace

struct MacHasher::State {
  Wiped<crypto_hash_sha512_state> hash;
};

MacHasher::MacHasher(MacScope scope) : state_(std::make_unique<State>()) {
  ::crypto_hash_sha512_init(&state_->hash.value);
  if (scope == MacScope::encrypted_values) add(kOnlyEncryptedPrefix);
}

MacHasher::~MacHasher() = default;

void MacHasher::add(Bytes value) {
  ::crypto_hash_sha512_update(&state_->hash.value, address_of(value), value.size());
}

SecureBuffer MacHasher::finish() {
  Wiped<std::array<std::uint8_t, crypto_hash_sha512_BYTES>> digest;
  ::crypto_hash_sha512_final(&state_->hash.value, digest.value.data());
  constexpr std::string_view kDigits = "0123456789ABCDEF";
  SecureBuffer out(digest.value.size() * 2);
  for (std::size_t i = 0; i < digest.value.size(); ++i) {
    out.data()[2 * i] = static_cast<std::uint8_t>(kDigits[digest.value[i] >> 4U]);
    out.data()[2 * i + 1] = static_cast<std::uint8_t>(kDigits[digest.value[i] & 15U]);
  }
  return out;
}

void verify_mac(AesGcm& cipher, const Metadata& metadata, const SecureBuffer& computed) {
  if (metadata.mac.empty()) throw_undecryptable(SecretFailure::mac_mismatch, kSubject, "the file has no MAC");
  const auto aad = canonical_last_modified(metadata.last_modified);
  if (!aad) throw_undecryptable(SecretFailure::malformed, kSubject, "'lastmodified' is not a time");
  const auto stored = parse_encrypted_value(metadata.mac);
  if (!stored || stored->type != "str")
    throw_undecryptable(SecretFailure::malformed, kSubject, "the MAC is not a well-formed ENC[...]");
  const auto opened = cipher.open(stored->nonce, stored->data, stored->tag, *aad);
  if (!opened) {
    throw_undecryptable(SecretFailure::mac_mismatch, kSubject, "the MAC or 'lastmodified' was changed");
  }
  if (!equal(opened->bytes(), computed.bytes())) {
    throw_undecryptable(SecretFailure::mac_mismatch, kSubject,
                        "a value was added, removed, reordered or changed without sops");
  }
}

std::string encrypt_mac(AesGcm& cipher, const SecureBuffer& mac, const std::string& last_modified) {
  return encrypt_value(cipher, mac.bytes(), last_modified, "str");
}

}  // namespace hwcsync::secrets
