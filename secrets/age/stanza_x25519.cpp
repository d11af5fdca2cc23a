#include "secrets/age/stanza_x25519.hpp"

#include "secrets/age/wrap.hpp"
#include "secrets/arena/base64.hpp"

namespace hwcsync::secrets {
namespace {

constexpr std::string_view kLabel = "age-encryption.org/v1/X25519";

}  // namespace

std::optional<SecureBuffer> unwrap_stanza(const Stanza& stanza, const X25519Identity& identity) {
  if (stanza.arguments.size() != 1) throw_header_failure("an X25519 stanza has not one argument");
  const auto share = decode_argument(stanza.arguments[0], 32, "the share of an X25519 stanza");
  // Before decryption: a longer body could be made to fit several keys.
  if (stanza.body.size() != kWrappedKeySize)
    throw_header_failure("the body of an X25519 stanza has a wrong length");
  const SecureBuffer shared = shared_secret(identity.scalar.bytes(), share);
  const SecureBuffer key = derive_wrap_key(shared.bytes(), share, identity.recipient.key, kLabel);
  return unwrap_file_key(key.bytes(), stanza.body);
}

Stanza make_stanza(const X25519Recipient& recipient, Bytes file_key) {
  const EphemeralKey ephemeral = make_ephemeral_key();
  const SecureBuffer shared = shared_secret(ephemeral.secret.bytes(), recipient.key);
  const SecureBuffer key = derive_wrap_key(shared.bytes(), ephemeral.share, recipient.key, kLabel);
  return {std::string(kX25519Stanza),
          {encode_base64(ephemeral.share, Padding::none)},
          wrap_file_key(key.bytes(), file_key)};
}

}  // namespace hwcsync::secrets
