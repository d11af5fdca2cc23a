#include "src/base/hash.hpp"

#include "src/base/error.hpp"

#include <openssl/evp.h>
#include <sodium.h>

#include <array>

namespace hwcsync {
namespace {

using Digest = std::array<unsigned char, crypto_hash_sha256_BYTES>;

const unsigned char* bytes(std::string_view data) {
  return reinterpret_cast<const unsigned char*>(data.data());
}

std::string hex_of(const Digest& digest) {
  return to_hex({reinterpret_cast<const char*>(digest.data()), digest.size()});
}

}  // namespace

struct Sha256::State {
  crypto_hash_sha256_state value;
};

std::string sha256_hex(std::string_view data) {
  Digest digest{};
  crypto_hash_sha256(digest.data(), bytes(data), data.size());
  return hex_of(digest);
}

std::string to_hex(std::string_view data) {
  static constexpr char kDigits[] = "0123456789abcdef";
  std::string out;
  out.reserve(data.size() * 2);
  for (const char c : data) {
    const auto byte = static_cast<unsigned char>(c);
    out += kDigits[byte >> 4U];
    out += kDigits[byte & 15U];
  }
  return out;
}

std::string git_blob_id(std::string_view content) {
  const std::string header = "blob " + std::to_string(content.size()) + '\0';
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
  unsigned size = 0;
  EVP_MD_CTX* context = EVP_MD_CTX_new();
  const bool ok = context != nullptr && EVP_DigestInit_ex(context, EVP_sha1(), nullptr) == 1 &&
                  EVP_DigestUpdate(context, header.data(), header.size()) == 1 &&
                  EVP_DigestUpdate(context, content.data(), content.size()) == 1 &&
                  EVP_DigestFinal_ex(context, digest.data(), &size) == 1;
  EVP_MD_CTX_free(context);
  if (!ok) throw Error("cannot compute", "a Git blob id", "SHA-1 is not available in libcrypto");
  return to_hex({reinterpret_cast<const char*>(digest.data()), size});
}

Sha256::Sha256() : state_(std::make_unique<State>()) {
  crypto_hash_sha256_init(&state_->value);
}

Sha256::~Sha256() = default;

Sha256& Sha256::add(std::string_view part) {
  const std::string frame = std::to_string(part.size()) + ":";
  crypto_hash_sha256_update(&state_->value, bytes(frame), frame.size());
  crypto_hash_sha256_update(&state_->value, bytes(part), part.size());
  return *this;
}

std::string Sha256::hex() {
  Digest digest{};
  crypto_hash_sha256_final(&state_->value, digest.data());
  return hex_of(digest);
}

}  // namespace hwcsync
