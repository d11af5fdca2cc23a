#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace hwcsync::secrets {

enum class MacScope { all_values, encrypted_values };

// One recipient of a sops file: `enc` is an armored age file that holds the data key.
struct AgeRecipientEntry {
  std::string recipient;
  std::string enc;
};

// The part of sops' metadata that this version acts on. Public.
struct Metadata {
  std::vector<AgeRecipientEntry> age;
  std::vector<std::string> other_keys;  // "pgp", "kms", ...: ways to the data key that are not ours
  std::string last_modified;
  std::string mac;
  std::string version;
  std::string unencrypted_suffix;
  std::string encrypted_suffix;
  MacScope mac_scope = MacScope::all_values;

  // Whether the rules of the file say that the value of this key is encrypted.
  [[nodiscard]] bool encrypts(std::string_view key) const;
};

// Metadata flattened as sops' dotenv store has it, without the "sops_" prefix: age__list_0__map_recipient,
// mac, ...
using FlatMetadata = std::map<std::string, std::string>;

// Throws SecretError: malformed, or unsupported for key groups and for rules by regular expression or
// comment. Names that sops does not know are passed over, as sops does.
[[nodiscard]] Metadata read_metadata(const FlatMetadata& flat);
[[nodiscard]] FlatMetadata flatten(const Metadata& metadata);

}  // namespace hwcsync::secrets
