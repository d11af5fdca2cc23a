#pragma once

#include "src/base/error.hpp"

#include <string>
#include <string_view>

namespace hwcsync::secrets {

// Why a secret cannot be read. The first five are the classes of the age test suite (C2SP CCTV).
enum class SecretFailure {
  header_failure,   // the age header is not well formed
  hmac_failure,     // the header was changed after encryption
  no_match,         // none of the identities is among the recipients
  armor_failure,    // the ASCII armor is not well formed
  payload_failure,  // the encrypted content was changed or cut
  mac_mismatch,     // sops: the values do not belong together
  not_encrypted,    // a plaintext file, or a value that should be encrypted and is not
  malformed,        // not the format that it should be (sops metadata, identity file, dotenv line)
  unsupported,      // a correct file that this version cannot read or write
};

// "header failure", "HMAC failure", "no match", ... as `hwcsync secrets decrypt` prints them.
[[nodiscard]] std::string_view to_string(SecretFailure failure) noexcept;

// An error about a secret. It never holds plaintext or key material: only public names (paths, key names,
// recipients, line numbers). The reason begins with the class: "no match: none of 2 identities ...".
class SecretError : public Error {
 public:
  // `detail` is what follows the class in the reason.
  SecretError(SecretFailure failure, ErrorText text, std::string detail);

  [[nodiscard]] SecretFailure failure() const noexcept { return failure_; }
  // The reason without its class.
  [[nodiscard]] const std::string& detail() const noexcept { return detail_; }

 private:
  SecretFailure failure_;
  std::string detail_;
};

// Throws SecretError "cannot decrypt <subject>: <class>: <detail>".
[[noreturn]] void throw_undecryptable(SecretFailure failure, std::string_view subject,
                                      std::string_view detail);

}  // namespace hwcsync::secrets
