#include "secrets/age/stanza_ssh_rsa.hpp"

#include "secrets/age/wrap.hpp"
#include "secrets/arena/base64.hpp"
#include "secrets/arena/secret_error.hpp"
#include "secrets/identity/wire.hpp"

#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/param_build.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>

#include <memory>
#include <vector>

namespace hwcsync::secrets {
namespace {

constexpr std::string_view kLabel = "age-encryption.org/v1/ssh-rsa";

template <auto Free>
struct Deleter {
  template <typename T>
  void operator()(T* handle) const noexcept {
    Free(handle);
  }
};
using Key = std::unique_ptr<EVP_PKEY, Deleter<EVP_PKEY_free>>;
using Context = std::unique_ptr<EVP_PKEY_CTX, Deleter<EVP_PKEY_CTX_free>>;

[[noreturn]] void fail(std::string_view what) {
  throw Error("cannot use", "RSA of OpenSSL", what);
}

void set_padding(EVP_PKEY_CTX* context) {
  void* label = ::OPENSSL_memdup(kLabel.data(), kLabel.size());
  if (::EVP_PKEY_CTX_set_rsa_padding(context, RSA_PKCS1_OAEP_PADDING) != 1 ||
      ::EVP_PKEY_CTX_set_rsa_oaep_md(context, ::EVP_sha256()) != 1 ||
      ::EVP_PKEY_CTX_set_rsa_mgf1_md(context, ::EVP_sha256()) != 1 ||
      ::EVP_PKEY_CTX_set0_rsa_oaep_label(context, label, static_cast<int>(kLabel.size())) != 1) {
    fail("it cannot be set up");
  }
}

Key public_key(const SshRsaRecipient& recipient) {
  WireReader reader(as_bytes(recipient.wire));
  static_cast<void>(reader.string());
  const auto exponent = reader.string();
  const auto modulus = reader.string();
  if (!exponent || !modulus) fail("the public key is cut");
  const auto number = [](Bytes bytes) {
    return std::unique_ptr<BIGNUM, Deleter<BN_free>>(
        ::BN_bin2bn(bytes.data(), static_cast<int>(bytes.size()), nullptr));
  };
  const auto e = number(*exponent);
  const auto n = number(*modulus);
  const std::unique_ptr<OSSL_PARAM_BLD, Deleter<OSSL_PARAM_BLD_free>> builder(::OSSL_PARAM_BLD_new());
  ::OSSL_PARAM_BLD_push_BN(builder.get(), OSSL_PKEY_PARAM_RSA_N, n.get());
  ::OSSL_PARAM_BLD_push_BN(builder.get(), OSSL_PKEY_PARAM_RSA_E, e.get());
  const std::unique_ptr<OSSL_PARAM, Deleter<OSSL_PARAM_free>> parameters(
      ::OSSL_PARAM_BLD_to_param(builder.get()));
  const Context context(::EVP_PKEY_CTX_new_id(EVP_PKEY_RSA, nullptr));
  EVP_PKEY* out = nullptr;
  if (!context || ::EVP_PKEY_fromdata_init(context.get()) != 1 ||
      ::EVP_PKEY_fromdata(context.get(), &out, EVP_PKEY_PUBLIC_KEY, parameters.get()) != 1) {
    fail("the public key is not one");
  }
  return Key(out);
}

}  // namespace

std::optional<SecureBuffer> unwrap_stanza(const Stanza& stanza, const SshRsaIdentity& identity) {
  if (stanza.arguments.size() != 1) throw_header_failure("an ssh-rsa stanza has not one argument");
  static_cast<void>(decode_argument(stanza.arguments[0], 4, "the tag of an ssh-rsa stanza"));
  if (stanza.arguments[0] != ssh_tag(identity.recipient.wire)) return std::nullopt;
  const unsigned char* at = identity.der.data();
  const Key key(::d2i_PrivateKey(EVP_PKEY_RSA, nullptr, &at, static_cast<long>(identity.der.size())));
  const Context context(key ? ::EVP_PKEY_CTX_new(key.get(), nullptr) : nullptr);
  if (!context || ::EVP_PKEY_decrypt_init(context.get()) != 1) fail("it cannot be set up");
  set_padding(context.get());
  std::size_t size = static_cast<std::size_t>(::EVP_PKEY_get_size(key.get()));
  SecureBuffer out(size);
  if (::EVP_PKEY_decrypt(context.get(), out.data(), &size, stanza.body.data(), stanza.body.size()) != 1 ||
      size != kFileKeySize) {
    throw_header_failure("an ssh-rsa stanza carries our tag and does not open");
  }
  out.truncate(size);
  return out;
}

Stanza make_stanza(const SshRsaRecipient& recipient, Bytes file_key) {
  const Key key = public_key(recipient);
  const Context context(::EVP_PKEY_CTX_new(key.get(), nullptr));
  if (!context || ::EVP_PKEY_encrypt_init(context.get()) != 1) fail("it cannot be set up");
  set_padding(context.get());
  std::size_t size = static_cast<std::size_t>(::EVP_PKEY_get_size(key.get()));
  std::vector<std::uint8_t> body(size);
  if (::EVP_PKEY_encrypt(context.get(), body.data(), &size, file_key.data(), file_key.size()) != 1)
    fail("a file key cannot be encrypted");
  body.resize(size);
  return {std::string(kSshRsaStanza), {ssh_tag(recipient.wire)}, std::move(body)};
}

}  // namespace hwcsync::secrets
