#include "secrets/identity/identity.hpp"

#include "secrets/arena/secret_error.hpp"
#include "secrets/identity/bech32.hpp"
#include "src/base/text.hpp"

#include <sodium.h>

#include <algorithm>
#include <utility>

namespace hwcsync::secrets {
namespace {

[[noreturn]] void reject(const std::string& origin, std::string_view why) {
  throw SecretError(SecretFailure::malformed, ErrorText{"cannot use identity", origin, {}, {}},
                    std::string(why));
}

}  // namespace

Recipient Identity::recipient() const {
  if (const auto* x25519 = std::get_if<X25519Identity>(&key)) return x25519->recipient;
  if (const auto* ed25519 = std::get_if<SshEd25519Identity>(&key)) return ed25519->recipient;
  if (const auto* rsa = std::get_if<SshRsaIdentity>(&key)) return rsa->recipient;
  throw Error("cannot tell the recipient of", origin, "only the program age knows it");
}

bool Identity::fits(std::string_view text) const {
  text = trim(text);
  if (const auto* program = std::get_if<ProgramIdentity>(&key))
    return text.starts_with("age1" + program->name + "1");
  if (std::holds_alternative<PassphraseIdentity>(key)) return false;
  const std::string own = to_text(recipient());
  // As it stands in a file it may carry a comment (SSH keys).
  return text.starts_with(own) && (text.size() == own.size() || text[own.size()] == ' ');
}

Identity x25519_identity(SecureBuffer secret, std::string origin) {
  X25519Identity out{std::move(secret), {}};
  if (out.scalar.size() != 32 || ::crypto_scalarmult_base(out.recipient.key.data(), out.scalar.data()) != 0) {
    reject(origin, "it is not a Curve25519 key");
  }
  return {std::move(origin), std::move(out)};
}

Identity ssh_ed25519_identity(Bytes seed, std::string origin) {
  if (seed.size() != crypto_sign_SEEDBYTES) reject(origin, "it is not an Ed25519 key");
  SshEd25519Identity out;
  SecureBuffer secret(crypto_sign_SECRETKEYBYTES);
  ::crypto_sign_seed_keypair(out.recipient.key.data(), secret.data(), seed.data());
  out.scalar = SecureBuffer(std::size_t{crypto_scalarmult_BYTES});
  ::crypto_sign_ed25519_sk_to_curve25519(out.scalar.data(), secret.data());
  ::crypto_scalarmult_base(out.montgomery.data(), out.scalar.data());
  return {std::move(origin), std::move(out)};
}

Identity generate_identity() {
  SecureBuffer secret(std::size_t{crypto_scalarmult_SCALARBYTES});
  ::randombytes_buf(secret.data(), secret.size());
  return x25519_identity(std::move(secret), "a new identity");
}

SecureBuffer identity_text(const X25519Identity& identity) {
  return encode_bech32("age-secret-key-", identity.scalar.bytes(), LetterCase::upper);
}

std::string describe(std::span<const Identity> identities) {
  if (identities.empty()) return "0 identities";
  std::vector<std::string> texts;
  for (const Identity& identity : identities) {
    if (const auto* program = std::get_if<ProgramIdentity>(&identity.key)) {
      texts.push_back("of age1" + program->name + "1...");
    } else if (std::holds_alternative<PassphraseIdentity>(identity.key)) {
      texts.emplace_back("a passphrase");
    } else {
      texts.push_back(to_short_text(identity.recipient()));
    }
  }
  const std::string count =
      identities.size() == 1 ? "1 identity" : std::to_string(identities.size()) + " identities";
  return count + " (" + join(texts, ", ") + ")";
}

}  // namespace hwcsync::secrets
