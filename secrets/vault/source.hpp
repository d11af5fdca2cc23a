#pragma once

#include "secrets/manifest/manifest.hpp"
#include "secrets/sops/compare.hpp"
#include "secrets/sops/dotenv.hpp"
#include "secrets/sops/sops_file.hpp"

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

  // The file as a whole; for a sops file what `sops decrypt` prints.
  [[nodiscard]] SecureBuffer whole() const;

  // The value at a key path ("postgres/password", "servers/0/name"); a mapping or list is given as JSON on
  // one line. In a dotenv source the name of a variable. nullopt when there is none, or null.
  [[nodiscard]] std::optional<SecureBuffer> value(std::string_view path) const;

  // The variables of the source, read on first use.
  //
  // sops-dotenv: the value is what sops holds, with one exception: a value that stands in quotes as a whole
  // is read as Compose reads it, because its writer meant Compose's quotes (sops knows none). A bare value
  // that refers to another variable of the file as ${NAME} is refused: Compose would have filled it in, sops
  // would not. sops-yaml, sops-json: the keys at the top, which must all hold scalars; the values are what
  // the file holds. age, sops-binary: the plaintext is a Compose dotenv file. Throws SecretError (malformed).
  [[nodiscard]] const std::vector<DotenvEntry>& variables() const;

 private:
  [[nodiscard]] bool is_tree() const noexcept;  // yaml, json, ini: values have paths
  [[nodiscard]] std::vector<DotenvEntry> read_variables() const;

  SourceFormat format_;
  std::vector<SopsNode> documents_;  // of a sops file
  SecureBuffer content_;             // of an age file
  mutable std::optional<std::vector<DotenvEntry>> variables_;
};

// nullopt for age, which is no sops file.
[[nodiscard]] std::optional<SopsStore> store_of(SourceFormat format) noexcept;

// What an encrypted file is, judged by its bytes; nullopt when it is not encrypted. Only where sops' JSON has
// nothing but the key `data` does the file's name tell whether that is all there is to it: "x.json" is JSON.
[[nodiscard]] std::optional<SourceFormat> detect_source_format(std::string_view file,
                                                               std::string_view name = {});

// Compares two versions of a source, or what stands at `key` in them, without any key (see compare_sops). Of
// plain age only equal bytes tell; the rest is for the facts of the secret service. Throws SecretError.
[[nodiscard]] Likeness compare_sources(SourceFormat format, std::string_view before, std::string_view after,
                                       std::string_view key);

}  // namespace hwcsync::secrets
