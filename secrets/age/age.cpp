#include "secrets/age/age.hpp"

#include "secrets/age/age_program.hpp"
#include "secrets/age/armor.hpp"
#include "secrets/age/header.hpp"
#include "secrets/age/hkdf.hpp"
#include "secrets/age/payload.hpp"
#include "secrets/age/stanza_scrypt.hpp"
#include "secrets/age/stanza_ssh_ed25519.hpp"
#include "secrets/age/stanza_ssh_rsa.hpp"
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

// Kinds that only the program `age` reads.
constexpr std::array<std::string_view, 3> kForeign{"mlkem768x25519", "p256tag", "mlkem768p256tag"};
// Read here, and a file with one of these may simply be for somebody else.
constexpr std::array<std::string_view, 4> kOwn{kX25519Stanza, kSshEd25519Stanza, kSshRsaStanza,
                                               kScryptStanza};

bool is_foreign(const Stanza& stanza) {
  return std::ranges::find(kForeign, stanza.type) != kForeign.end();
}

bool is_scrypt(const Stanza& stanza) {
  return stanza.type == kScryptStanza;
}

// A header may have thousands, with names as long as it likes.
std::string list_types(const Header& header) {
  constexpr std::size_t kTold = 8;
  constexpr std::size_t kLength = 40;
  std::vector<std::string> types;
  for (const Stanza& stanza : header.stanzas) {
    if (types.size() == kTold) {
      types.push_back("and " + std::to_string(header.stanzas.size() - kTold) + " more");
      break;
    }
    const bool own = std::ranges::find(kOwn, stanza.type) != kOwn.end();
    const std::string name = stanza.type.substr(0, kLength) + (stanza.type.size() > kLength ? "..." : "");
    types.push_back(own ? name : name + " (not readable here)");
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

// Whether there is a stanza that this identity may be for: its own kind, or any that a plugin may know.
bool may_open(const Header& header, const ProgramIdentity& identity) {
  return std::ranges::any_of(header.stanzas, [&](const Stanza& stanza) {
    if (identity.name == "pq") return stanza.type == "mlkem768x25519";
    return std::ranges::find(kOwn, stanza.type) == kOwn.end() && stanza.type != "mlkem768x25519";
  });
}

[[noreturn]] void no_match(const Header& header, std::span<const Identity> identities) {
  const bool tried = std::ranges::any_of(identities, [&](const Identity& identity) {
    const auto* program = std::get_if<ProgramIdentity>(&identity.key);
    return program != nullptr && may_open(header, *program);
  });
  if (!tried && std::ranges::all_of(header.stanzas, is_foreign)) {
    throw_undecryptable(SecretFailure::unsupported, kSubject,
                        "read recipients of type " + list_types(header) + " with " + describe(identities) +
                            "; name the post-quantum or plugin identity, or add an "
                            "age1... or SSH recipient");
  }
  std::string why = "none of " + describe(identities) + " opens one of its " +
                    count_of(header.stanzas.size(), "stanza") + " (" + list_types(header) + ")";
  if (is_scrypt(header.stanzas.front()))
    why += "; it was made with a passphrase, which is asked for on a terminal only";
  throw_undecryptable(SecretFailure::no_match, kSubject, why);
}

// SSH first: a tag tells without any computation. nullopt: perhaps one of the identities for the program
// fits.
std::optional<SecureBuffer> find_file_key(const Header& header, std::span<const Identity> identities) {
  if (auto key = try_kind<SshEd25519Identity>(header, identities, kSshEd25519Stanza)) return key;
  if (auto key = try_kind<SshRsaIdentity>(header, identities, kSshRsaStanza)) return key;
  if (auto key = try_kind<X25519Identity>(header, identities, kX25519Stanza)) return key;
  return try_kind<PassphraseIdentity>(header, identities, kScryptStanza);
}

void check_scrypt_is_alone(const Header& header) {
  if (header.stanzas.size() > 1 && std::ranges::any_of(header.stanzas, is_scrypt)) {
    throw_header_failure("a passphrase stands beside other recipients");
  }
}

SecureBuffer decrypt_by_any_program(const Header& header, Bytes file, std::span<const Identity> identities) {
  for (const Identity& identity : identities) {
    const auto* program = std::get_if<ProgramIdentity>(&identity.key);
    if (program == nullptr || !may_open(header, *program)) continue;
    try {
      return decrypt_by_program(file, *program);
    } catch (const SecretError& error) {
      if (error.failure() != SecretFailure::no_match) throw;
    }
  }
  no_match(header, identities);
}

SecureBuffer decrypt_binary(Bytes file, std::span<const Identity> identities) {
  const Header header = parse_header(file);
  check_scrypt_is_alone(header);
  const auto file_key = find_file_key(header, identities);
  if (!file_key) return decrypt_by_any_program(header, file, identities);
  const SecureBuffer mac_key = hkdf_sha256(file_key->bytes(), {}, "header");
  if (!equal(hmac_sha256(mac_key.bytes(), header.authenticated), header.mac)) {
    throw_undecryptable(SecretFailure::hmac_failure, kSubject, "the header was changed after encryption");
  }
  return decrypt_payload(file.subspan(header.size), file_key->bytes());
}

SecureBuffer make_file_key() {
  SecureBuffer out(kFileKeySize);
  ::randombytes_buf(out.data(), out.size());
  return out;
}

std::string assemble(const std::vector<Stanza>& stanzas, Bytes plaintext, Bytes file_key,
                     AgeEncoding encoding) {
  const std::string header = format_header(stanzas);
  const SecureBuffer mac_key = hkdf_sha256(file_key, {}, "header");
  const auto mac = hmac_sha256(mac_key.bytes(), as_bytes(header));
  const std::string out =
      header + ' ' + encode_base64(mac, Padding::none) + '\n' + encrypt_payload(plaintext, file_key);
  return encoding == AgeEncoding::armored ? armor(as_bytes(out)) : out;
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
  const auto is_program = [](const Recipient& recipient) {
    return std::holds_alternative<ProgramRecipient>(recipient);
  };
  if (std::ranges::any_of(recipients, is_program))
    return encrypt_by_program(plaintext, recipients, encoding == AgeEncoding::armored);
  SecureBuffer file_key = make_file_key();
  std::vector<Stanza> stanzas;
  for (const Recipient& recipient : recipients) {
    if (const auto* x25519 = std::get_if<X25519Recipient>(&recipient))
      stanzas.push_back(make_stanza(*x25519, file_key.bytes()));
    if (const auto* ed25519 = std::get_if<SshEd25519Recipient>(&recipient))
      stanzas.push_back(make_stanza(*ed25519, file_key.bytes()));
    if (const auto* rsa = std::get_if<SshRsaRecipient>(&recipient))
      stanzas.push_back(make_stanza(*rsa, file_key.bytes()));
  }
  return assemble(stanzas, plaintext, file_key.bytes(), encoding);
}

std::string encrypt_age(Bytes plaintext, const PassphraseIdentity& passphrase, AgeEncoding encoding,
                        int work_factor) {
  const SecureBuffer file_key = make_file_key();
  return assemble({make_scrypt_stanza(passphrase.passphrase.bytes(), file_key.bytes(), work_factor)},
                  plaintext, file_key.bytes(), encoding);
}

bool needs_passphrase(Bytes file) {
  if (looks_armored(file)) {
    const auto binary = dearmor(file);
    return is_scrypt(parse_header(binary).stanzas.front());
  }
  return is_scrypt(parse_header(file).stanzas.front());
}

}  // namespace hwcsync::secrets
