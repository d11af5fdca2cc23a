#include "secrets/age/payload.hpp"

#include "secrets/age/header.hpp"
#include "secrets/age/hkdf.hpp"
#include "secrets/arena/secret_error.hpp"

#include <sodium.h>

#include <algorithm>
#include <array>

namespace hwcsync::secrets {
namespace {

constexpr std::size_t kNonce = 16;
constexpr std::size_t kTag = crypto_aead_chacha20poly1305_ietf_ABYTES;
constexpr std::size_t kChunk = 65536;
constexpr std::string_view kLabel = "payload";

using ChunkNonce = std::array<std::uint8_t, crypto_aead_chacha20poly1305_ietf_NPUBBYTES>;

enum class Position { inner, last };

// An 11-byte big-endian counter and a flag for the last chunk.
ChunkNonce chunk_nonce(std::uint64_t counter, Position position) {
  ChunkNonce out{};
  for (std::size_t i = 0; i < 8; ++i) out[10 - i] = static_cast<std::uint8_t>(counter >> 8 * i);
  out[11] = position == Position::last ? 1 : 0;
  return out;
}

[[noreturn]] void reject(std::string_view why) {
  throw_undecryptable(SecretFailure::payload_failure, "an age file", why);
}

// Every chunk but the last is full and the last one is not empty, unless it is the only one.
std::size_t plaintext_size(std::size_t encrypted) {
  const std::size_t chunks = (encrypted + kChunk + kTag - 1) / (kChunk + kTag);
  const std::size_t last = encrypted - (std::max<std::size_t>(chunks, 1) - 1) * (kChunk + kTag);
  if (chunks == 0 || last < kTag) reject("the file is cut");
  if (chunks > 1 && last == kTag) reject("the last chunk is empty");
  return encrypted - chunks * kTag;
}

}  // namespace

SecureBuffer decrypt_payload(Bytes payload, Bytes file_key) {
  if (payload.size() < kNonce) throw_header_failure("the nonce is cut");
  const SecureBuffer key = hkdf_sha256(file_key, payload.first(kNonce), kLabel);
  Bytes rest = payload.subspan(kNonce);
  SecureBuffer out(plaintext_size(rest.size()));
  std::array<std::uint8_t, 1> nothing{};
  std::size_t filled = 0;
  for (std::uint64_t counter = 0; !rest.empty(); ++counter) {
    const Bytes chunk = rest.first(std::min(kChunk + kTag, rest.size()));
    rest = rest.subspan(chunk.size());
    const ChunkNonce nonce = chunk_nonce(counter, rest.empty() ? Position::last : Position::inner);
    std::uint8_t* target = out.empty() ? nothing.data() : out.data() + filled;
    if (::crypto_aead_chacha20poly1305_ietf_decrypt(target, nullptr, nullptr, address_of(chunk), chunk.size(),
                                                    nullptr, 0, nonce.data(), key.data()) != 0) {
      reject("chunk " + std::to_string(counter + 1) + " is damaged, or the file was cut or continued");
    }
    filled += chunk.size() - kTag;
  }
  return out;
}

std::string encrypt_payload(Bytes plaintext, Bytes file_key) {
  std::array<std::uint8_t, kNonce> salt{};
  ::randombytes_buf(salt.data(), salt.size());
  const SecureBuffer key = hkdf_sha256(file_key, salt, kLabel);
  std::string out(reinterpret_cast<const char*>(salt.data()), salt.size());
  std::uint64_t counter = 0;
  do {
    const Bytes chunk = plaintext.first(std::min(kChunk, plaintext.size()));
    plaintext = plaintext.subspan(chunk.size());
    const ChunkNonce nonce = chunk_nonce(counter++, plaintext.empty() ? Position::last : Position::inner);
    const std::size_t start = out.size();
    out.resize(start + chunk.size() + kTag);
    ::crypto_aead_chacha20poly1305_ietf_encrypt(reinterpret_cast<std::uint8_t*>(out.data() + start), nullptr,
                                                address_of(chunk), chunk.size(), nullptr, 0, nullptr,
                                                nonce.data(), key.data());
  } while (!plaintext.empty());
  return out;
}

}  // namespace hwcsync::secrets
