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
constexpr std::string_view kSshRsa = "ssh-rsa";
constexpr std::size_t kRsaLeast = 2048 / 8;  // as age has it
constexpr std::size_t kRsaMost = 16384 / 8;

[[noreturn]] void reject(SecretFailure failure, std::string_view text, std::string_view why,
                         std::string_view hint) {
  // Only what looks public is repeated: people paste their private key here by mistake.
  const bool looks_public = text.starts_with("age1") || text.starts_with("ssh-");
  const std::string subject = looks_public ? "'" + std::string(text) + "'" : "(not shown)";
  throw SecretError(failure, ErrorText{"cannot use recipient", subject, {}, std::string(hint)},
                    std::string(why));
}

std::vector<std::uint8_t> decode_wire(std::string_view whole, std::string_view type) {
  const std::string_view rest = trim(whole.substr(type.size()));
  auto wire = decode_public_base64(as_bytes(rest.substr(0, rest.find_first_of(" \t"))), Padding::required);
  if (!wire)
    reject(SecretFailure::malformed, whole, "the key is not base64", "copy the line of the .pub file");
  return std::move(*wire);
}

Recipient parse_ssh_ed25519(std::string_view whole) {
  const auto wire = decode_wire(whole, kSshEd25519);
  WireReader reader(wire);
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

Recipient parse_ssh_rsa(std::string_view whole) {
  const auto wire = decode_wire(whole, kSshRsa);
  WireReader reader(wire);
  const auto type = reader.string();
  const auto exponent = reader.string();
  auto modulus = reader.string();
  if (!type || !is_text(*type, kSshRsa) || !exponent || exponent->empty() || !modulus ||
      !reader.rest().empty()) {
    reject(SecretFailure::malformed, whole, "it is not an RSA public key", "copy the line of the .pub file");
  }
  if (!modulus->empty() && modulus->front() == 0) modulus = modulus->subspan(1);
  if (modulus->size() < kRsaLeast || modulus->size() > kRsaMost) {
    reject(SecretFailure::unsupported, whole, "use RSA keys of fewer than 2048 or more than 16384 bits",
           "add an age1... or ssh-ed25519 recipient");
  }
  return SshRsaRecipient{std::string(wire.begin(), wire.end())};
}

// What may stand in the name of a program (C2SP age-plugin.md), so never a slash.
bool is_plugin_name(std::string_view name) {
  return !name.empty() && std::ranges::all_of(name, [](unsigned char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '+' || c == '-' || c == '.' || c == '_';
  });
}

}  // namespace

Recipient parse_recipient(std::string_view text) {
  const std::string_view trimmed = trim(text);
  if (trimmed.starts_with("ssh-ed25519 ")) return parse_ssh_ed25519(trimmed);
  if (trimmed.starts_with("ssh-rsa ")) return parse_ssh_rsa(trimmed);
  if (trimmed.starts_with("ssh-") || trimmed.starts_with("ecdsa-")) {
    reject(SecretFailure::unsupported, trimmed, "use SSH keys other than ssh-ed25519 and ssh-rsa",
           "add an age1... or ssh-ed25519 recipient");
  }
  if (const auto key = decode_bech32("age", as_bytes(trimmed)); key && key->size() == 32) {
    X25519Recipient out;
    std::ranges::copy(key->bytes(), out.key.begin());
    return out;
  }
  // A further 1 in an age1... text: a plugin's recipient, a post-quantum or a hardware key.
  if (const auto mark = trimmed.rfind('1'); trimmed.starts_with("age1") && mark > 4) {
    const std::string prefix(trimmed.substr(0, mark));
    if (is_plugin_name(prefix.substr(4)) && decode_bech32(prefix, as_bytes(trimmed)))
      return ProgramRecipient{std::string(trimmed)};
  }
  reject(SecretFailure::malformed, trimmed, "it is neither an age1... nor an SSH public key",
         "`age-keygen -y KEYFILE` prints the recipient of an identity");
}

X25519Recipient derived_recipient(const SshEd25519Recipient& recipient) {
  X25519Recipient out;
  if (::crypto_sign_ed25519_pk_to_curve25519(out.key.data(), recipient.key.data()) != 0) {
    throw SecretError(SecretFailure::malformed, ErrorText{"cannot use recipient", to_text(recipient), {}, {}},
                      "it is not a point of the curve");
  }
  return out;
}

std::string to_text(const Recipient& recipient) {
  if (const auto* x25519 = std::get_if<X25519Recipient>(&recipient)) {
    const SecureBuffer text = encode_bech32("age", x25519->key, LetterCase::lower);
    return {reinterpret_cast<const char*>(text.data()), text.size()};
  }
  if (const auto* program = std::get_if<ProgramRecipient>(&recipient)) return program->text;
  if (const auto* rsa = std::get_if<SshRsaRecipient>(&recipient))
    return std::string(kSshRsa) + " " + encode_base64(as_bytes(rsa->wire), Padding::required);
  const auto& ssh = std::get<SshEd25519Recipient>(recipient);
  const std::string wire = ssh_public_key_wire(kSshEd25519, ssh.key);
  return std::string(kSshEd25519) + " " + encode_base64(as_bytes(wire), Padding::required);
}

std::string to_short_text(const Recipient& recipient) {
  std::string text = to_text(recipient);
  // The beginning of every SSH key of a kind is the same: its end tells them apart. A post-quantum key has
  // 2,000 letters.
  const auto blank = text.find(' ');
  if (blank != std::string::npos) return text.substr(0, blank) + " ..." + text.substr(text.size() - 12);
  return text.size() > 80 ? text.substr(0, 12) + "..." + text.substr(text.size() - 12) : text;
}

}  // namespace hwcsync::secrets
