#include "secrets/identity/recipient.hpp"

#include "secrets/arena/base64.hpp"
#include "secrets/arena/secret_error.hpp"
#include "secrets/identity/bech32.hpp"
#include "secrets/identity/wire.hpp"
#include "src/base/text.hpp"

#include <sodium.h>

#include <algorithm>

namespace hwcsync::secrets {
namespace {

constexpr std::string_view kSshEd25519 = "ssh-ed25519";

[[noreturn]] void reject(SecretFailure failure, std::string_view text, std::string_view why,
                         std::string_view hint) {
  // Only what looks public is repeated: people paste their private key here by mistake.
  const bool looks_public = text.starts_with("age1") || text.starts_with("ssh-");
  const std::string subject = looks_public ? "'" + std::string(text) + "'" : "(not shown)";
  throw SecretError(failure, ErrorText{"cannot use recipient", subject, {}, std::string(hint)},
                    std::string(why));
}

Recipient parse_ssh(std::string_view whole) {
  const std::string_view rest = trim(whole.substr(kSshEd25519.size()));
  const std::string_view encoded = rest.substr(0, rest.find_first_of(" \t"));
  const auto wire = decode_public_base64(as_bytes(encoded), Padding::required);
  if (!wire)
    reject(SecretFailure::malformed, whole, "the key is not base64", "copy the line of the .pub file");
  WireReader reader(*wire);
  const auto type = reader.string();
  const auto key = reader.string();
  SshEd25519Recipient out;
  if (!type || !is_text(*type, kSshEd25519) || !key || key->size() != out.key.size() ||
      !reader.rest().empty()) {
    reject(SecretFailure::malformed, whole, "it is not an Ed25519 public key",
           "copy the line of the .pub file");
  }
  std::ranges::copy(*key, out.key.begin());
  Wiped<Key32> montgomery;  // only to see that the key is a point of the curve
  if (::crypto_sign_ed25519_pk_to_curve25519(montgomery.value.data(), out.key.data()) != 0) {
    reject(SecretFailure::malformed, whole, "it is not a point of the curve",
           "copy the line of the .pub file");
  }
  return out;
}

}  // namespace

Recipient parse_recipient(std::string_view text) {
  const std::string_view trimmed = trim(text);
  if (trimmed.starts_with(std::string(kSshEd25519) + " ")) return parse_ssh(trimmed);
  if (trimmed.starts_with("ssh-")) {
    reject(SecretFailure::unsupported, trimmed, "use SSH keys other than ssh-ed25519",
           "add an age1... or ssh-ed25519 recipient");
  }
  if (const auto key = decode_bech32("age", as_bytes(trimmed)); key && key->size() == 32) {
    X25519Recipient out;
    std::ranges::copy(key->bytes(), out.key.begin());
    return out;
  }
  // A further 1 in an age1... text: a plugin's recipient, a post-quantum or a hardware key.
  if (trimmed.starts_with("age1") && trimmed.find('1', 4) != std::string_view::npos) {
    reject(SecretFailure::unsupported, trimmed, "use plugin or post-quantum recipients",
           "add an age1... or ssh-ed25519 recipient");
  }
  reject(SecretFailure::malformed, trimmed, "it is neither an age1... nor an ssh-ed25519 public key",
         "`age-keygen -y KEYFILE` prints the recipient of an identity");
}

std::string to_text(const Recipient& recipient) {
  if (const auto* x25519 = std::get_if<X25519Recipient>(&recipient)) {
    const SecureBuffer text = encode_bech32("age", x25519->key, LetterCase::lower);
    return {reinterpret_cast<const char*>(text.data()), text.size()};
  }
  const auto& ssh = std::get<SshEd25519Recipient>(recipient);
  const std::string wire = ssh_public_key_wire(kSshEd25519, ssh.key);
  return std::string(kSshEd25519) + " " + encode_base64(as_bytes(wire), Padding::required);
}

std::string to_short_text(const Recipient& recipient) {
  std::string text = to_text(recipient);
  if (!std::holds_alternative<SshEd25519Recipient>(recipient)) return text;
  // The beginning of every ssh-ed25519 key is the same: its end tells them apart.
  return std::string(kSshEd25519) + " ..." + text.substr(text.size() - 12);
}

}  // namespace hwcsync::secrets
