#include "secrets/sops/metadata.hpp"

#include "secrets/arena/secret_error.hpp"
#include "secrets/sops/timestamp.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <set>
#include <utility>

namespace hwcsync::secrets {
namespace {

constexpr std::string_view kSubject = "a sops file";
constexpr std::string_view kSopsVersion = "3.13.3";  // whose rules the writer follows
constexpr std::string_view kDefaultSuffix = "_unencrypted";
constexpr int kDepthLimit = 8;  // the metadata has five levels
constexpr std::array<std::string_view, 6> kOtherKeys{"kms",      "gcp_kms",  "hckms",
                                                     "azure_kv", "hc_vault", "pgp"};
constexpr std::array<std::pair<std::string_view, std::string EncryptionRules::*>, 6> kRules{
    {{"unencrypted_suffix", &EncryptionRules::unencrypted_suffix},
     {"encrypted_suffix", &EncryptionRules::encrypted_suffix},
     {"unencrypted_regex", &EncryptionRules::unencrypted_regex},
     {"encrypted_regex", &EncryptionRules::encrypted_regex},
     {"unencrypted_comment_regex", &EncryptionRules::unencrypted_comment_regex},
     {"encrypted_comment_regex", &EncryptionRules::encrypted_comment_regex}}};

[[noreturn]] void malformed(std::string_view why) {
  throw_undecryptable(SecretFailure::malformed, kSubject, why);
}

std::string text_of(const FlatMetadata& flat, const std::string& key) {
  const auto found = flat.find(key);
  return found == flat.end() ? std::string() : found->second;
}

// The indices under `prefix` ("age__list_"); they must be 0, 1, 2, ...
std::size_t count_list(const FlatMetadata& flat, const std::string& prefix) {
  std::set<std::size_t> seen;
  for (auto at = flat.lower_bound(prefix); at != flat.end() && at->first.starts_with(prefix); ++at) {
    const char* begin = at->first.data() + prefix.size();
    const char* end = at->first.data() + at->first.size();
    std::size_t index = 0;
    const auto [stop, code] = std::from_chars(begin, end, index);
    if (code != std::errc{} || (stop != end && !std::string_view(stop, end).starts_with("__")))
      malformed("a list of its metadata has a wrong index");
    seen.insert(index);
  }
  if (!seen.empty() && *seen.rbegin() + 1 != seen.size()) malformed("a list of its metadata has gaps");
  return seen.size();
}

KeyGroup read_group(const FlatMetadata& flat, const std::string& prefix) {
  KeyGroup out;
  const std::size_t count = count_list(flat, prefix + "age__list_");
  for (std::size_t i = 0; i < count; ++i) {
    const std::string entry = prefix + "age__list_" + std::to_string(i) + "__map_";
    const auto recipient = flat.find(entry + "recipient");
    const auto enc = flat.find(entry + "enc");
    if (recipient == flat.end() || enc == flat.end())
      malformed("an age recipient lacks 'recipient' or 'enc'");
    out.age.push_back({recipient->second, enc->second});
  }
  for (const std::string_view kind : kOtherKeys) {
    if (count_list(flat, prefix + std::string(kind) + "__list_") > 0) out.other_keys.emplace_back(kind);
  }
  return out;
}

// Keys at the top are one group; only without them `key_groups` counts, as in sops.
std::vector<KeyGroup> read_groups(const FlatMetadata& flat) {
  KeyGroup top = read_group(flat, {});
  const std::size_t count = count_list(flat, "key_groups__list_");
  std::vector<KeyGroup> out;
  if (count == 0 || !top.age.empty() || !top.other_keys.empty()) {
    out.push_back(std::move(top));
    return out;
  }
  for (std::size_t i = 0; i < count; ++i)
    out.push_back(read_group(flat, "key_groups__list_" + std::to_string(i) + "__map_"));
  return out;
}

// Older stores wrote the number as "2.000000".
std::size_t read_threshold(std::string_view text, std::size_t groups) {
  if (const auto point = text.find('.'); point != std::string_view::npos) {
    if (text.find_first_not_of('0', point + 1) != std::string_view::npos)
      malformed("'shamir_threshold' is no number");
    text = text.substr(0, point);
  }
  if (text.empty()) return 0;
  std::size_t out = 0;
  const auto [end, code] = std::from_chars(text.data(), text.data() + text.size(), out);
  if (code != std::errc{} || end != text.data() + text.size()) malformed("'shamir_threshold' is no number");
  if (groups > 1 && out > groups) malformed("'shamir_threshold' asks for more key groups than there are");
  return out;
}

MacScope read_scope(const std::string& text) {
  if (text.empty() || text == "false" || text == "0" || text == "False") return MacScope::all_values;
  if (text == "true" || text == "1" || text == "True") return MacScope::encrypted_values;
  malformed("'mac_only_encrypted' is neither true nor false");
}

void flatten_into(FlatMetadata& out, const SopsNode& node, const std::string& name, int depth) {
  if (depth > kDepthLimit) malformed("its metadata is nested too deep");
  std::size_t index = 0;
  for (const SopsNode::Item& item : node.items) {
    if (item.node.is_comment()) continue;
    const std::string child = node.is_list() ? name + "__list_" + std::to_string(index++)
                              : name.empty() ? item.key
                                             : name + "__map_" + item.key;
    flatten_into(out, item.node, child, depth + 1);
  }
  if (!node.is_scalar()) return;
  if (!out.emplace(name, public_text(node.value)).second) malformed("its metadata has '" + name + "' twice");
}

SopsNode::Item text_item(std::string key, std::string_view text) {
  return {std::move(key), SopsNode::scalar(text)};
}

}  // namespace

Metadata read_metadata(const FlatMetadata& flat) {
  Metadata out;
  out.groups = read_groups(flat);
  out.threshold = read_threshold(text_of(flat, "shamir_threshold"), out.groups.size());
  out.last_modified = text_of(flat, "lastmodified");
  out.mac = text_of(flat, "mac");
  out.version = text_of(flat, "version");
  out.mac_scope = read_scope(text_of(flat, "mac_only_encrypted"));
  int rules = 0;
  for (const auto& [name, member] : kRules) {
    out.rules.*member = text_of(flat, std::string(name));
    if (!(out.rules.*member).empty()) ++rules;
  }
  if (rules > 1) malformed("it has two rules about what is encrypted");
  if (rules == 0) out.rules.unencrypted_suffix = kDefaultSuffix;
  return out;
}

FlatMetadata flatten(const Metadata& metadata) {
  FlatMetadata out;
  flatten_into(out, to_node(metadata), {}, 0);
  return out;
}

FlatMetadata flatten(const SopsNode& metadata) {
  FlatMetadata out;
  flatten_into(out, metadata, {}, 0);
  return out;
}

SopsNode to_node(const Metadata& metadata) {
  SopsNode out = SopsNode::map();
  SopsNode age = SopsNode::list();
  for (const AgeRecipientEntry& entry : metadata.groups.front().age) {
    SopsNode item = SopsNode::map();
    item.items.push_back(text_item("recipient", entry.recipient));
    item.items.push_back(text_item("enc", entry.enc));
    age.items.push_back({{}, std::move(item)});
  }
  out.items.push_back({"age", std::move(age)});
  out.items.push_back(text_item("lastmodified", metadata.last_modified));
  out.items.push_back(text_item("mac", metadata.mac));
  for (const auto& [name, member] : kRules) {
    const std::string& rule = metadata.rules.*member;
    if (!rule.empty()) out.items.push_back(text_item(std::string(name), rule));
  }
  if (metadata.mac_scope == MacScope::encrypted_values) {
    out.items.push_back(
        {"mac_only_encrypted", SopsNode::scalar(SecureBuffer(as_bytes("True")), ScalarType::boolean)});
  }
  out.items.push_back(text_item("version", metadata.version));
  return out;
}

Metadata new_metadata(std::chrono::system_clock::time_point now) {
  Metadata out;
  out.last_modified = format_last_modified(now);
  out.version = kSopsVersion;
  out.rules.unencrypted_suffix = kDefaultSuffix;
  return out;
}

}  // namespace hwcsync::secrets
