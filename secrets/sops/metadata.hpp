#pragma once

#include "secrets/sops/node.hpp"

#include <chrono>
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

// One share of the data key, and who can open it.
struct KeyGroup {
  std::vector<AgeRecipientEntry> age;
  std::vector<std::string> other_keys;  // "pgp", "kms", ...: ways to the data key that are not ours
};

// Which values are encrypted; at most one is set. A suffix and a pattern are held against every key of a
// path, a comment pattern against the comments above a value and above what it stands in.
struct EncryptionRules {
  std::string unencrypted_suffix;
  std::string encrypted_suffix;
  std::string unencrypted_regex;
  std::string encrypted_regex;
  std::string unencrypted_comment_regex;
  std::string encrypted_comment_regex;
};

// The part of sops' metadata that this version acts on. Public.
struct Metadata {
  std::vector<KeyGroup> groups;
  std::size_t threshold = 0;  // how many groups it takes; 0: all
  std::string last_modified;
  std::string mac;
  std::string version;
  EncryptionRules rules;
  MacScope mac_scope = MacScope::all_values;
};

// Metadata flattened as sops' dotenv store has it, without the "sops_" prefix: age__list_0__map_recipient,
// mac, ...
using FlatMetadata = std::map<std::string, std::string>;

// Throws SecretError (malformed). Names that sops does not know are passed over, as sops does.
[[nodiscard]] Metadata read_metadata(const FlatMetadata& flat);
[[nodiscard]] FlatMetadata flatten(const Metadata& metadata);

// The metadata as the nested stores have it, to and from the map under the key "sops".
[[nodiscard]] FlatMetadata flatten(const SopsNode& metadata);
[[nodiscard]] SopsNode to_node(const Metadata& metadata);

// Metadata for a file that is written now by sops' default rule; recipients and MAC are still missing.
[[nodiscard]] Metadata new_metadata(std::chrono::system_clock::time_point now);

}  // namespace hwcsync::secrets
