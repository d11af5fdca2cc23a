#include "secrets/sops/aes_gcm.hpp"

#include "src/base/error.hpp"

#include <openssl/evp.h>
#include <openssl/rand.h>

#include <limits>

namespace hwcsync::secrets {
namespace {

constexpr std::size_t kNonce = 32;
constexpr std::size_t kTag = 16;
constexpr std::size_t kNonceLimit = 128;  // OpenSSL takes no more

struct ContextDeleter {
  void operator()(EVP_CIPHER_CTX* context) const noexcept { ::EVP_CIPHER_CTX_free(context); }
};
using ContextPointer = std::unique_ptr<EVP_CIPHER_CTX, ContextDeleter>;

[[noreturn]] void fail(std::string_view what) {
  throw Error("cannot use", "AES-256-GCM of OpenSSL", what);
}

int as_int(std::size_t size) {
  if (size > static_cast<std::size_t>(std::numeric_limits<int>::max())) fail("the value is too long");
  return static_cast<int>(size);
}

ContextPointer make_context(Bytes key, int encrypt) {
  ContextPointer out(::EVP_CIPHER_CTX_new());
  if (!out || ::EVP_CipherInit_ex(out.get(), ::EVP_aes_256_gcm(), nullptr, nullptr, nullptr, encrypt) != 1 ||
      ::EVP_CIPHER_CTX_ctrl(out.get(), EVP_CTRL_GCM_SET_IVLEN, static_cast<int>(kNonce), nullptr) != 1 ||
      ::EVP_CipherInit_ex(out.get(), nullptr, nullptr, key.data(), nullptr, encrypt) != 1) {
    fail("it cannot be set up");
  }
  return out;
}

}  // namespace

// One context per direction: the key is expanded once for all values of a file.
struct AesGcm::Context {
  SecureBuffer key;
  ContextPointer decrypt;
  ContextPointer encrypt;
  std::size_t decrypt_nonce = kNonce;
};

AesGcm::AesGcm(Bytes key) : context_(std::make_unique<Context>()) {
  if (key.size() != 32) fail("the key has not 32 bytes");
  context_->key = SecureBuffer(key);
}

AesGcm::~AesGcm() = default;

std::optional<SecureBuffer> AesGcm::open(Bytes nonce, Bytes ciphertext, Bytes tag, std::string_view aad) {
  if (nonce.empty() || nonce.size() > kNonceLimit || tag.size() != kTag) return std::nullopt;
  if (!context_->decrypt) context_->decrypt = make_context(context_->key.bytes(), 0);
  EVP_CIPHER_CTX* context = context_->decrypt.get();
  if (nonce.size() != context_->decrypt_nonce) {
    if (::EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_GCM_SET_IVLEN, as_int(nonce.size()), nullptr) != 1)
      return std::nullopt;
    context_->decrypt_nonce = nonce.size();
  }
  std::vector<std::uint8_t> tag_copy(tag.begin(), tag.end());
  const Bytes label = as_bytes(aad);
  SecureBuffer out(ciphertext.size());
  std::uint8_t rest[16];
  int length = 0;
  const bool prepared =
      ::EVP_DecryptInit_ex(context, nullptr, nullptr, nullptr, nonce.data()) == 1 &&
      ::EVP_DecryptUpdate(context, nullptr, &length, label.data(), as_int(label.size())) == 1 &&
      (ciphertext.empty() || ::EVP_DecryptUpdate(context, out.data(), &length, ciphertext.data(),
                                                 as_int(ciphertext.size())) == 1) &&
      ::EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_GCM_SET_TAG, static_cast<int>(kTag), tag_copy.data()) == 1;
  if (!prepared || ::EVP_DecryptFinal_ex(context, rest, &length) != 1) return std::nullopt;
  return out;
}

AesGcm::Sealed AesGcm::seal(Bytes plaintext, std::string_view aad) {
  if (!context_->encrypt) context_->encrypt = make_context(context_->key.bytes(), 1);
  EVP_CIPHER_CTX* context = context_->encrypt.get();
  Sealed out;
  out.nonce.resize(kNonce);
  out.ciphertext.resize(plaintext.size());
  out.tag.resize(kTag);
  const Bytes label = as_bytes(aad);
  std::uint8_t rest[16];
  int length = 0;
  if (::RAND_bytes(out.nonce.data(), as_int(out.nonce.size())) != 1 ||
      ::EVP_EncryptInit_ex(context, nullptr, nullptr, nullptr, out.nonce.data()) != 1 ||
      ::EVP_EncryptUpdate(context, nullptr, &length, label.data(), as_int(label.size())) != 1 ||
      (!plaintext.empty() && ::EVP_EncryptUpdate(context, out.ciphertext.data(), &length, plaintext.data(),
                                                 as_int(plaintext.size())) != 1) ||
      ::EVP_EncryptFinal_ex(context, rest, &length) != 1 ||
      ::EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_GCM_GET_TAG, static_cast<int>(kTag), out.tag.data()) != 1) {
    fail("a value cannot be encrypted");
  }
  return out;
}

}  // namespace hwcsync::secrets
