#include "secrets/age/stanza_ssh_ed25519.hpp"

#include "secrets/age/hkdf.hpp"
#include "secrets/age/wrap.hpp"
#include "secrets/arena/base64.hpp"
#include "secrets/arena/secret_error.hpp"
#include "secrets/identity/wire.hpp"

#include <sodium.h>

namespace hwcsync::secrets {
namespace {

constexpr std::string_view kLabel = "age-encryption.org/v1/ssh-ed25519";

// Binds the exchange to the SSH key: X25519(HKDF(key), shared).
SecureBuffer apply_tweak(const SecureBuffer& shared, std::string_view wire) {
  const SecureBuffer tweak = hkdf_sha256({}, as_bytes(wire), kLabel);
  return shared_secret(tweak.bytes(), shared.bytes());
}

}  // namespace

std::optional<SecureBuffer> unwrap_stanza(const Stanza& stanza, const SshEd25519Identity& identity) {
  if (stanza.arguments.size() != 2) throw_header_failure("an ssh-ed25519 stanza has not two arguments");
  static_cast<void>(decode_argument(stanza.arguments[0], 4, "the tag of an ssh-ed25519 stanza"));
  const auto share = decode_argument(stanza.arguments[1], 32, "the share of an ssh-ed25519 stanza");
  if (stanza.body.size() != kWrappedKeySize) {
    throw_header_failure("the body of an ssh-ed25519 stanza has a wrong length");
  }
  const std::string wire = ssh_public_key_wire(kSshEd25519Stanza, identity.recipient.key);
  if (stanza.arguments[0] != ssh_tag(wire)) return std::nullopt;
  const SecureBuffer shared = shared_secret(identity.scalar.bytes(), share);
  const SecureBuffer tweaked = apply_tweak(shared, wire);
  const SecureBuffer key = derive_wrap_key(tweaked.bytes(), share, identity.montgomery, kLabel);
  auto file_key = unwrap_file_key(key.bytes(), stanza.body);
  if (!file_key) throw_header_failure("an ssh-ed25519 stanza carries our tag and does not open");
  return file_key;
}

Stanza make_stanza(const SshEd25519Recipient& recipient, Bytes file_key) {
  Key32 montgomery{};
  if (::crypto_sign_ed25519_pk_to_curve25519(montgomery.data(), recipient.key.data()) != 0) {
    throw SecretError(SecretFailure::malformed,
                      ErrorText{"cannot encrypt to", to_short_text(recipient), {}, {}},
                      "it is not a point of the curve");
  }
  const std::string wire = ssh_public_key_wire(kSshEd25519Stanza, recipient.key);
  const EphemeralKey ephemeral = make_ephemeral_key();
  const SecureBuffer shared = shared_secret(ephemeral.secret.bytes(), montgomery);
  const SecureBuffer tweaked = apply_tweak(shared, wire);
  const SecureBuffer key = derive_wrap_key(tweaked.bytes(), ephemeral.share, montgomery, kLabel);
  return {std::string(kSshEd25519Stanza),
          {ssh_tag(wire), encode_base64(ephemeral.share, Padding::none)},
          wrap_file_key(key.bytes(), file_key)};
}

}  // namespace hwcsync::secrets
