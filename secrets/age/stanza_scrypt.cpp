#include "secrets/age/stanza_scrypt.hpp"

#include "secrets/age/wrap.hpp"
#include "secrets/arena/base64.hpp"
#include "src/base/error.hpp"

#include <sodium.h>

#include <array>
#include <charconv>
#include <cstdint>

namespace hwcsync::secrets {
namespace {

constexpr std::string_view kLabel = "age-encryption.org/v1/scrypt";
constexpr std::size_t kSalt = 16;

SecureBuffer derive(Bytes passphrase, Bytes salt, int work_factor) {
  std::vector<std::uint8_t> labelled(kLabel.begin(), kLabel.end());
  labelled.insert(labelled.end(), salt.begin(), salt.end());
  SecureBuffer out(std::size_t{32});
  if (::crypto_pwhash_scryptsalsa208sha256_ll(
          address_of(passphrase), passphrase.size(), labelled.data(), labelled.size(),
          std::uint64_t{1} << static_cast<unsigned>(work_factor), 8, 1, out.data(), out.size()) != 0) {
    const auto kibibytes = std::uint64_t{1} << static_cast<unsigned>(work_factor);
    throw Error("cannot derive", "a key from a passphrase",
                "scrypt needs " + std::to_string(kibibytes) + " KiB of memory");
  }
  return out;
}

}  // namespace

std::optional<SecureBuffer> unwrap_stanza(const Stanza& stanza, const PassphraseIdentity& identity) {
  if (stanza.arguments.size() != 2) throw_header_failure("an scrypt stanza has not two arguments");
  const auto salt = decode_argument(stanza.arguments[0], kSalt, "the salt of an scrypt stanza");
  const std::string& text = stanza.arguments[1];
  int work_factor = 0;
  const auto [end, code] = std::from_chars(text.data(), text.data() + text.size(), work_factor);
  if (text.front() < '1' || text.front() > '9' || code != std::errc{} || end != text.data() + text.size())
    throw_header_failure("the work factor of an scrypt stanza is no number");
  if (work_factor > kScryptLimit)
    throw_header_failure("the work factor of an scrypt stanza, 2^" + text + ", is above 2^20");
  if (stanza.body.size() != kWrappedKeySize)
    throw_header_failure("the body of an scrypt stanza has a wrong length");
  return unwrap_file_key(derive(identity.passphrase.bytes(), salt, work_factor).bytes(), stanza.body);
}

Stanza make_scrypt_stanza(Bytes passphrase, Bytes file_key, int work_factor) {
  std::array<std::uint8_t, kSalt> salt{};
  ::randombytes_buf(salt.data(), salt.size());
  const SecureBuffer key = derive(passphrase, salt, work_factor);
  return {std::string(kScryptStanza),
          {encode_base64(salt, Padding::none), std::to_string(work_factor)},
          wrap_file_key(key.bytes(), file_key)};
}

}  // namespace hwcsync::secrets
