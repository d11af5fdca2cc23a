#include "secrets/sops/metadata.hpp"

#include "secrets/arena/secret_error.hpp"

#include <array>

namespace hwcsync::secrets {
namespace {

constexpr std::string_view kSubject = "a sops file";
constexpr std::string_view kDefaultSuffix = "_unencrypted";
constexpr std::array<std::string_view, 4> kPatternRules{
    "unencrypted_regex", "encrypted_regex", "unencrypted_comment_regex", "encrypted_comment_regex"};
constexpr std::array<std::string_view, 6> kOtherKeys{"kms",      "gcp_kms",  "hckms",
                                                     "azure_kv", "hc_vault", "pgp"};

std::string text_of(const FlatMetadata& flat, const std::string& key) {
  const auto found = flat.find(key);
  return found == flat.end() ? std::string() : found->second;
}

bool has_list(const FlatMetadata& flat, std::string_view name) {
  const std::string prefix = std::string(name) + "__list_";
  const auto found = flat.lower_bound(prefix);
  return found != flat.end() && found->first.starts_with(prefix);
}

std::vector<AgeRecipientEntry> read_age(const FlatMetadata& flat) {
  std::vector<AgeRecipientEntry> out;
  std::size_t seen = 0;
  for (;;) {
    const std::string prefix = "age__list_" + std::to_string(out.size()) + "__map_";
    const auto recipient = flat.find(prefix + "recipient");
    const auto enc = flat.find(prefix + "enc");
    if (recipient == flat.end() && enc == flat.end()) break;
    if (recipient == flat.end() || enc == flat.end()) {
      throw_undecryptable(SecretFailure::malformed, kSubject, "an age recipient lacks 'recipient' or 'enc'");
    }
    out.push_back({recipient->second, enc->second});
    seen += 2;
  }
  std::size_t present = 0;
  for (const auto& [key, value] : flat) {
    if (key.starts_with("age__list_") && (key.ends_with("__map_recipient") || key.ends_with("__map_enc")))
      ++present;
  }
  if (present != seen) {
    throw_undecryptable(SecretFailure::malformed, kSubject, "the list of age recipients has gaps");
  }
  return out;
}

MacScope read_scope(const std::string& text) {
  if (text.empty() || text == "false" || text == "0" || text == "False") return MacScope::all_values;
  if (text == "true" || text == "1" || text == "True") return MacScope::encrypted_values;
  throw_undecryptable(SecretFailure::malformed, kSubject, "'mac_only_encrypted' is neither true nor false");
}

}  // namespace

bool Metadata::encrypts(std::string_view key) const {
  if (!encrypted_suffix.empty()) return key.ends_with(encrypted_suffix);
  return unencrypted_suffix.empty() || !key.ends_with(unencrypted_suffix);
}

Metadata read_metadata(const FlatMetadata& flat) {
  if (has_list(flat, "key_groups")) {
    throw_undecryptable(SecretFailure::unsupported, kSubject,
                        "read key groups (Shamir); use one list of recipients");
  }
  for (const std::string_view rule : kPatternRules) {
    if (text_of(flat, std::string(rule)).empty()) continue;
    throw_undecryptable(SecretFailure::unsupported, kSubject,
                        "follow the rule '" + std::string(rule) + "'; use a suffix rule or none");
  }
  Metadata out;
  out.age = read_age(flat);
  for (const std::string_view kind : kOtherKeys) {
    if (has_list(flat, kind)) out.other_keys.emplace_back(kind);
  }
  out.last_modified = text_of(flat, "lastmodified");
  out.mac = text_of(flat, "mac");
  out.version = text_of(flat, "version");
  out.unencrypted_suffix = text_of(flat, "unencrypted_suffix");
  out.encrypted_suffix = text_of(flat, "encrypted_suffix");
  out.mac_scope = read_scope(text_of(flat, "mac_only_encrypted"));
  if (!out.unencrypted_suffix.empty() && !out.encrypted_suffix.empty()) {
    throw_undecryptable(SecretFailure::malformed, kSubject, "it has two rules about what is encrypted");
  }
  if (out.unencrypted_suffix.empty() && out.encrypted_suffix.empty()) out.unencrypted_suffix = kDefaultSuffix;
  return out;
}

FlatMetadata flatten(const Metadata& metadata) {
  FlatMetadata out;
  for (std::size_t i = 0; i < metadata.age.size(); ++i) {
    const std::string prefix = "age__list_" + std::to_string(i) + "__map_";
    out[prefix + "recipient"] = metadata.age[i].recipient;
    out[prefix + "enc"] = metadata.age[i].enc;
  }
  out["lastmodified"] = metadata.last_modified;
  out["mac"] = metadata.mac;
  out["version"] = metadata.version;
  if (!metadata.unencrypted_suffix.empty()) out["unencrypted_suffix"] = metadata.unencrypted_suffix;
  if (!metadata.encrypted_suffix.empty()) out["encrypted_suffix"] = metadata.encrypted_suffix;
  if (metadata.mac_scope == MacScope::encrypted_values) out["mac_only_encrypted"] = "true";
  return out;
}

}  // namespace hwcsync::secrets
