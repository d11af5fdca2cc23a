#include "secrets/identity/rsa_key.hpp"

#include "secrets/arena/secret_error.hpp"
#include "secrets/identity/openssh_key.hpp"
#include "secrets/identity/wire.hpp"

#include <openssl/bio.h>
#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>

#include <memory>
#include <string_view>
#include <utility>

namespace hwcsync::secrets {
namespace {

template <auto Free>
struct Deleter {
  template <typename T>
  void operator()(T* handle) const noexcept {
    Free(handle);
  }
};
using Number = std::unique_ptr<BIGNUM, Deleter<BN_clear_free>>;
using Scratch = std::unique_ptr<BN_CTX, Deleter<BN_CTX_free>>;
using Key = std::unique_ptr<EVP_PKEY, Deleter<EVP_PKEY_free>>;

[[noreturn]] void reject(SecretFailure failure, const std::string& origin, std::string_view why,
                         std::string_view hint = {}) {
  throw SecretError(failure, ErrorText{"cannot read identity", origin, {}, std::string(hint)},
                    std::string(why));
}

Number number_of(Bytes bytes) {
  return Number(::BN_bin2bn(bytes.data(), static_cast<int>(bytes.size()), nullptr));
}

void append_length(SecureBuffer& out, std::size_t size) {
  if (size >= 0x80) {
    int bytes = 0;
    for (std::size_t rest = size; rest > 0; rest >>= 8U) ++bytes;
    out.append(static_cast<std::uint8_t>(0x80 | bytes));
    for (int i = bytes - 1; i >= 0; --i)
      out.append(static_cast<std::uint8_t>(size >> 8U * static_cast<unsigned>(i)));
    return;
  }
  out.append(static_cast<std::uint8_t>(size));
}

void append_integer(SecureBuffer& out, Bytes value) {
  while (value.size() > 1 && value.front() == 0) value = value.subspan(1);
  const bool pad = value.empty() || value.front() >= 0x80;
  out.append(0x02);
  append_length(out, value.size() + (pad ? 1 : 0));
  if (pad) out.append(0x00);
  out.append(value);
}

// value mod (prime - 1)
SecureBuffer reduce(Bytes value, Bytes prime) {
  const Scratch scratch(::BN_CTX_secure_new());
  const Number a = number_of(value);
  const Number m = number_of(prime);
  const Number r(::BN_new());
  if (!scratch || !a || !m || !r || ::BN_is_zero(m.get()) || ::BN_sub_word(m.get(), 1) != 1 ||
      ::BN_is_zero(m.get()) || ::BN_mod(r.get(), a.get(), m.get(), scratch.get()) != 1) {
    throw Error("cannot read", "an RSA key", "its numbers do not make one");
  }
  SecureBuffer out(static_cast<std::size_t>(BN_num_bytes(r.get())));
  ::BN_bn2bin(r.get(), out.data());
  return out;
}

void append_wire_number(std::string& out, const EVP_PKEY* key, const char* name) {
  BIGNUM* raw = nullptr;
  ::EVP_PKEY_get_bn_param(key, name, &raw);
  const Number number(raw);
  std::string bytes(number ? static_cast<std::size_t>(BN_num_bytes(number.get())) : 0, '\0');
  if (number) ::BN_bn2bin(number.get(), reinterpret_cast<unsigned char*>(bytes.data()));
  if (!bytes.empty() && static_cast<unsigned char>(bytes.front()) >= 0x80) bytes.insert(bytes.begin(), '\0');
  append_wire_string(out, bytes);
}

// Never asks: a service has nobody to ask.
int no_passphrase(char*, int, int, void*) {
  return -1;
}

}  // namespace

SecureBuffer rsa_to_der(const RsaNumbers& numbers) {
  const std::uint8_t version = 0;
  const SecureBuffer dp = reduce(numbers.d, numbers.p);
  const SecureBuffer dq = reduce(numbers.d, numbers.q);
  SecureBuffer body;
  for (const Bytes value : {Bytes(&version, 1), numbers.n, numbers.e, numbers.d, numbers.p, numbers.q,
                            dp.bytes(), dq.bytes(), numbers.iqmp}) {
    append_integer(body, value);
  }
  SecureBuffer out;
  out.append(0x30);
  append_length(out, body.size());
  out.append(body.bytes());
  return out;
}

Identity ssh_rsa_identity(SecureBuffer der, std::string origin) {
  const unsigned char* at = der.data();
  const Key key(::d2i_PrivateKey(EVP_PKEY_RSA, nullptr, &at, static_cast<long>(der.size())));
  if (!key) reject(SecretFailure::malformed, origin, "its numbers do not make an RSA key");
  SshRsaIdentity out;
  append_wire_string(out.recipient.wire, "ssh-rsa");
  append_wire_number(out.recipient.wire, key.get(), OSSL_PKEY_PARAM_RSA_E);
  append_wire_number(out.recipient.wire, key.get(), OSSL_PKEY_PARAM_RSA_N);
  out.der = std::move(der);
  return {std::move(origin), std::move(out)};
}

std::vector<Identity> parse_pem_key(Bytes text, const std::string& origin) {
  const std::string_view view(reinterpret_cast<const char*>(text.data()), text.size());
  if (view.find("ENCRYPTED") != std::string_view::npos) {
    reject(SecretFailure::unsupported, origin, "read a key that is protected by a passphrase",
           "use the host's key, or an age identity");
  }
  const std::unique_ptr<BIO, Deleter<BIO_free>> bio(
      ::BIO_new_mem_buf(text.data(), static_cast<int>(text.size())));
  const Key key(bio ? ::PEM_read_bio_PrivateKey(bio.get(), nullptr, no_passphrase, nullptr) : nullptr);
  if (!key) reject(SecretFailure::malformed, origin, "it is not a private key in PEM");
  if (::EVP_PKEY_get_base_id(key.get()) == EVP_PKEY_ED25519) {
    SecureBuffer seed(std::size_t{32});
    std::size_t size = seed.size();
    if (::EVP_PKEY_get_raw_private_key(key.get(), seed.data(), &size) != 1 || size != seed.size())
      reject(SecretFailure::malformed, origin, "it is not an Ed25519 key");
    return ed25519_identities(seed.bytes(), origin);
  }
  if (::EVP_PKEY_get_base_id(key.get()) != EVP_PKEY_RSA) {
    reject(SecretFailure::unsupported, origin, "use keys other than Ed25519 and RSA",
           "use the host's ssh_host_ed25519_key, or an age identity");
  }
  SecureBuffer der(static_cast<std::size_t>(::i2d_PrivateKey(key.get(), nullptr)));
  unsigned char* at = der.data();
  ::i2d_PrivateKey(key.get(), &at);
  std::vector<Identity> out;
  out.push_back(ssh_rsa_identity(std::move(der), origin));
  return out;
}

}  // namespace hwcsync::secrets
