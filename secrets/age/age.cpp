#include "secrets/age/age.hpp"

#include "secrets/age/armor.hpp"
#include "secrets/age/header.hpp"
#include "secrets/age/hkdf.hpp"
#include "secrets/age/payload.hpp"
#include "secrets/age/stanza_ssh_ed25519.hpp"
#include "secrets/age/stanza_x25519.hpp"
#include "secrets/age/wrap.hpp"
#include "secrets/arena/base64.hpp"
#include "src/base/text.hpp"

#include <sodium.h>

#include <algorithm>
#include <array>
#include <optional>

namespace hwcsync::secrets {
namespace {

constexpr std::string_view kSubject = "an age file";

// Kinds that exist and that this version does not read.
constexpr std::array<std::string_view, 5> kUnsupported{"scrypt", "ssh-rsa", "mlkem768x25519", "p256tag",
                                                       "mlkem768p256tag"};

bool is_unsupported(const Stanza& stanza) {
  return std::ranges::find(kUnsupported, stanza.type) != kUnsupported.end();
}

std::string list_types(const Header& header) {
  std::vector<std::string> types;
  for (const Stanza& stanza : header.stanzas) {
    const bool readable = stanza.type == kX25519Stanza || stanza.type == kSshEd25519Stanza;
    types.push_back(readable ? stanza.type : stanza.type + " (not readable here)");
  }
  return join(types, ", ");
}

template <typename Kind>
std::optional<SecureBuffer> try_kind(const Header& header, std::span<const Identity> identities,
                                     std::string_view type) {
  for (const Identity& identity : identities) {
    const auto* key = std::get_if<Kind>(&identity.key);
    if (key == nullptr) continue;
    for (const Stanza& stanza : header.stanzas) {
      if (stanza.type != type) continue;
      if (auto file_key = unwrap_stanza(stanza, *key)) return file_key;
    }
  }
  return std::nullopt;
}

SecureBuffer find_file_key(const Header& header, std::span<const Identity> identities) {
  if (auto key = try_kind<SshEd25519Identity>(header, identities, kSshEd25519Stanza)) return std::move(*key);
  if (auto key = try_kind<X25519Identity>(header, identities, kX25519Stanza)) return std::move(*key);
  if (std::ranges::all_of(header.stanzas, is_unsupported)) {
    throw_undecryptable(
        SecretFailure::unsupported, kSubject,
        "read recipients of type " + list_types(header) + "; add an age1... or ssh-ed25519 one");
  }
  throw_undecryptable(SecretFailure::no_match, kSubject,
                      "none of " + describe(identities) + " opens one of its " +
                          count_of(header.stanzas.size(), "stanza") + " (" + list_types(header) + ")");
}

void check_scrypt_is_alone(const Header& header) {
  const auto is_scrypt = [](const Stanza& stanza) { return stanza.type == "scrypt"; };
  if (header.stanzas.size() > 1 && std::ranges::any_of(header.stanzas, is_scrypt)) {
    throw_header_failure("a passphrase stands beside other recipients");
  }
}

SecureBuffer decrypt_binary(Bytes file, std::span<const Identity> identities) {
  const Header header = parse_header(file);
  check_scrypt_is_alone(header);
  const SecureBuffer file_key = find_file_key(header, identities);
  const SecureBuffer mac_key = hkdf_sha256(file_key.bytes(), {}, "header");
  if (!equal(hmac_sha256(mac_key.bytes(), header.authenticated), header.mac)) {
    throw_undecryptable(SecretFailure::hmac_failure, kSubject, "the header was changed after encryption");
  }
  return decrypt_payload(file.subspan(header.size), file_key.bytes());
}

}  // namespace

SecureBuffer decrypt_age(Bytes file, std::span<const Identity> identities) {
  if (!looks_armored(file)) return decrypt_binary(file, identities);
  const auto binary = dearmor(file);
  return decrypt_binary(binary, identities);
}

std::string encrypt_age(Bytes plaintext, std::span<const Recipient> recipients, AgeEncoding encoding) {
  if (recipients.empty()) {
    throw SecretError(SecretFailure::malformed,
                      ErrorText{"cannot encrypt", "an age file", {}, "name a recipient"},
                      "there is no recipient");
  }
  SecureBuffer file_key(kFileKeySize);
  ::randombytes_buf(file_key.data(), file_key.size());
  std::vector<Stanza> stanzas;
  for (const Recipient& recipient : recipients) {
    stanzas.push_back(std::visit([&](const auto& r) { return make_stanza(r, file_key.bytes()); }, recipient));
  }
  const std::string header = format_header(stanzas);
  const SecureBuffer mac_key = hkdf_sha256(file_key.bytes(), {}, "header");
  const auto mac = hmac_sha256(mac_key.bytes(), as_bytes(header));
  const std::string out =
      header + ' ' + encode_base64(mac, Padding::none) + '\n' + encrypt_payload(plaintext, file_key.bytes());
  return encoding == AgeEncoding::armored ? armor(as_bytes(out)) : out;
}

}  // namespace hwcsync::secrets
