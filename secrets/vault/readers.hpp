#pragma once

#include "secrets/identity/recipient.hpp"
#include "secrets/manifest/manifest.hpp"
#include "secrets/sops/metadata.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace hwcsync::secrets {

enum class CanRead { yes, no, unclear };

// Who can decrypt a file, as far as the file tells without a key. sops lists its recipients. age hides which
// X25519 keys a file is for; an SSH key leaves four bytes of its hash, which are taken for the key.
class Readers {
 public:
  // Throws SecretError for a file that cannot be read.
  Readers(SourceFormat format, std::string_view ciphertext);

  // Whether this recipient alone can decrypt the file. An ssh-ed25519 key is also the age1... key that is
  // derived from it.
  [[nodiscard]] CanRead can_read(const Recipient& recipient) const;
  // As people recognise them: "age1...", "ssh-ed25519 ...abc", "1 age key", "a passphrase", "pgp".
  [[nodiscard]] const std::vector<std::string>& names() const noexcept { return names_; }
  // Ways into a sops file that only other programs have ("pgp", "kms").
  [[nodiscard]] const std::vector<std::string>& other_keys() const noexcept { return other_keys_; }
  // Whether names() are the recipients themselves.
  [[nodiscard]] bool are_known() const noexcept { return !hidden_; }

 private:
  void read_sops_file(SourceFormat format, std::string_view ciphertext);
  void read_age_file(std::string_view ciphertext);
  [[nodiscard]] CanRead can_read_age(const Recipient& recipient) const;

  std::vector<KeyGroup> groups_;  // of a sops file
  std::size_t needed_ = 1;
  std::vector<std::string> ssh_tags_;  // of an age file
  std::size_t hidden_keys_ = 0;
  bool hidden_ = false;
  std::vector<std::string> names_;
  std::vector<std::string> other_keys_;
};

}  // namespace hwcsync::secrets
