#include "secrets/identity/openssh_key.hpp"

#include "secrets/arena/base64.hpp"
#include "secrets/arena/secret_error.hpp"
#include "secrets/identity/rsa_key.hpp"
#include "secrets/identity/wire.hpp"

#include <algorithm>
#include <utility>

namespace hwcsync::secrets {
namespace {

constexpr std::string_view kBegin = "-----BEGIN OPENSSH PRIVATE KEY-----";
constexpr std::string_view kEnd = "-----END OPENSSH PRIVATE KEY-----";
constexpr std::string_view kMagic{"openssh-key-v1\0", 15};
constexpr std::size_t kCipherBlock = 8;  // what an unencrypted key is padded to

[[noreturn]] void reject(SecretFailure failure, const std::string& origin, std::string_view why,
                         std::string_view hint = {}) {
  throw SecretError(failure, ErrorText{"cannot read identity", origin, {}, std::string(hint)},
                    std::string(why));
}

[[noreturn]] void malformed(const std::string& origin, std::string_view why) {
  reject(SecretFailure::malformed, origin, why);
}

bool is_space(std::uint8_t c) {
  return c == '\n' || c == '\r' || c == ' ' || c == '\t';
}

// The base64 body between the two marker lines, decoded.
SecureBuffer decode_pem(Bytes text, const std::string& origin) {
  const auto begin = as_bytes(kBegin);
  const auto end = as_bytes(kEnd);
  // Behind the first line: the two markers may not share their dashes.
  const auto first = text.begin() + static_cast<std::ptrdiff_t>(begin.size());
  const auto last = std::search(first, text.end(), end.begin(), end.end());
  if (last == text.end()) malformed(origin, "the line '" + std::string(kEnd) + "' is missing");
  if (!std::all_of(last + static_cast<std::ptrdiff_t>(end.size()), text.end(), is_space)) {
    malformed(origin, "there is something after the end of the key; one key a file");
  }
  SecureBuffer body;
  for (auto c = first; c != last; ++c) {
    if (!is_space(*c)) body.append(*c);
  }
  auto decoded = decode_base64(body.bytes(), Padding::required);
  if (!decoded) malformed(origin, "the key is not base64");
  return std::move(*decoded);
}

struct Frame {
  Bytes public_key;  // in wire form
  Bytes private_block;
};

// The outer frame: cipher, derivation, one public key.
Frame open_frame(WireReader& reader, const std::string& origin) {
  const auto magic = reader.take(kMagic.size());
  if (!magic || !is_text(*magic, kMagic)) malformed(origin, "it is not an openssh-key-v1");
  const auto cipher = reader.string();
  const auto derivation = reader.string();
  const auto options = reader.string();
  const auto count = reader.number();
  if (!cipher || !derivation || !options || !count) malformed(origin, "the key ends too early");
  if (!is_text(*cipher, "none") || !is_text(*derivation, "none")) {
    reject(SecretFailure::unsupported, origin, "read a key that is protected by a passphrase",
           "use the host's key, or an age identity");
  }
  if (*count != 1) malformed(origin, "it holds several keys");
  const auto public_key = reader.string();
  const auto block = reader.string();
  if (!public_key || !block || !reader.rest().empty()) malformed(origin, "its length is wrong");
  return {*public_key, *block};
}

bool is_padding(Bytes rest) {
  if (rest.size() >= kCipherBlock) return false;
  for (std::size_t i = 0; i < rest.size(); ++i) {
    if (rest[i] != i + 1) return false;
  }
  return true;
}

// The private part of an ssh-rsa key: mpints n, e, d, iqmp, p, q, comment, padding.
std::vector<Identity> read_rsa(WireReader& reader, Bytes public_key, const std::string& origin) {
  RsaNumbers numbers;
  for (Bytes* number : {&numbers.n, &numbers.e, &numbers.d, &numbers.iqmp, &numbers.p, &numbers.q}) {
    const auto read = reader.string();
    if (!read) malformed(origin, "the key ends too early");
    *number = *read;
  }
  const auto comment = reader.string();
  if (!comment || !is_padding(reader.rest())) malformed(origin, "its padding is wrong");
  std::vector<Identity> out;
  out.push_back(ssh_rsa_identity(rsa_to_der(numbers), origin));
  if (!is_text(public_key, std::get<SshRsaIdentity>(out.front().key).recipient.wire))
    malformed(origin, "its public and private parts do not belong together");
  return out;
}

}  // namespace

bool looks_like_pem(Bytes text) {
  constexpr std::string_view kAny = "-----BEGIN ";
  return text.size() >= kAny.size() && is_text(text.first(kAny.size()), kAny) &&
         !(text.size() > 14 && is_text(text.subspan(11, 3), "AGE"));
}

std::vector<Identity> parse_openssh_key(Bytes text, const std::string& origin) {
  if (text.size() < kBegin.size() || !is_text(text.first(kBegin.size()), kBegin)) {
    return parse_pem_key(text, origin);
  }
  const SecureBuffer decoded = decode_pem(text, origin);
  WireReader outer(decoded.bytes());
  const Frame frame = open_frame(outer, origin);
  if (frame.private_block.size() % kCipherBlock != 0)
    malformed(origin, "its private part has a wrong length");

  WireReader reader(frame.private_block);
  const auto first_check = reader.number();
  const auto second_check = reader.number();
  const auto type = reader.string();
  if (!first_check || !second_check || !type) malformed(origin, "the key ends too early");
  if (*first_check != *second_check) malformed(origin, "its check numbers differ");
  if (is_text(*type, "ssh-rsa")) return read_rsa(reader, frame.public_key, origin);
  if (!is_text(*type, "ssh-ed25519")) {
    reject(SecretFailure::unsupported, origin, "use SSH keys other than ssh-ed25519 and ssh-rsa",
           "use the host's ssh_host_ed25519_key, or an age identity");
  }
  const auto public_key = reader.string();
  const auto private_key = reader.string();
  const auto comment = reader.string();
  if (!public_key || !private_key || !comment || public_key->size() != 32 || private_key->size() != 64) {
    malformed(origin, "it is not an Ed25519 key");
  }
  if (!is_padding(reader.rest())) malformed(origin, "its padding is wrong");

  std::vector<Identity> out = ed25519_identities(private_key->first(32), origin);
  const auto& key = std::get<SshEd25519Identity>(out.front().key);
  if (!equal(private_key->last(32), key.recipient.key) || !equal(*public_key, key.recipient.key) ||
      !is_text(frame.public_key, ssh_public_key_wire("ssh-ed25519", key.recipient.key))) {
    malformed(origin, "its public and private parts do not belong together");
  }
  return out;
}

std::vector<Identity> ed25519_identities(Bytes seed, const std::string& origin) {
  Identity ssh = ssh_ed25519_identity(seed, origin);
  Identity derived =
      x25519_identity(std::get<SshEd25519Identity>(ssh.key).scalar.clone(), origin + " (as X25519)");
  std::vector<Identity> out;
  out.push_back(std::move(ssh));
  out.push_back(std::move(derived));
  return out;
}

}  // namespace hwcsync::secrets
