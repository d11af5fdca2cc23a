#pragma once

#include "secrets/manifest/manifest.hpp"
#include "secrets/sops/dotenv.hpp"

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace hwcsync::secrets {

// One decrypted source file, for as long as a generation is being staged.
class PlainSource {
 public:
  // Decrypts and verifies. Throws SecretError; the caller knows the file's name.
  PlainSource(SourceFormat format, std::string_view ciphertext, std::span<const Identity> identities);

  // The file as a whole; for sops-dotenv what `sops decrypt` prints.
  [[nodiscard]] SecureBuffer whole() const;

  // The variables of a dotenv source, read on first use.
  //
  // sops-dotenv: the value is what sops holds, with one exception: a value that stands in quotes as a whole
  // is read as Compose reads it, because its writer meant Compose's quotes (sops knows none). A bare value
  // that refers to another variable of the file as ${NAME} is refused: Compose would have filled it in, sops
  // would not. age, sops-binary: the plaintext is a Compose dotenv file. Throws SecretError (malformed).
  [[nodiscard]] const std::vector<DotenvEntry>& variables() const;

 private:
  SourceFormat format_;
  DotenvDocument document_;  // sops-dotenv
  SecureBuffer content_;     // the others
  mutable std::optional<std::vector<DotenvEntry>> variables_;
};

// What can be compared of two versions of a source without any key (see fingerprint_sops_dotenv): equal texts
// mean equal secrets. nullopt for plain age, where only the facts of the secret service tell. Throws
// SecretError.
[[nodiscard]] std::optional<std::string> fingerprint_source(SourceFormat format, std::string_view ciphertext);

}  // namespace hwcsync::secrets
