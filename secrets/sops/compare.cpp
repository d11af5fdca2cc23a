#include "secrets/sops/compare.hpp"

#include "secrets/sops/value.hpp"

#include <algorithm>
#include <tuple>

namespace hwcsync::secrets {
namespace {

enum class DataKeys { same, unknown };

// One entry that wraps the data key in the same bytes wraps the same key.
DataKeys compare_keys(const Metadata& before, const Metadata& after) {
  if (before.groups.size() != 1 || after.groups.size() != 1) return DataKeys::unknown;
  for (const AgeRecipientEntry& was : before.groups.front().age) {
    for (const AgeRecipientEntry& is : after.groups.front().age) {
      if (was.enc == is.enc) return DataKeys::same;
    }
  }
  return DataKeys::unknown;
}

auto rules_of(const Metadata& metadata) {
  const EncryptionRules& rules = metadata.rules;
  return std::tie(rules.unencrypted_suffix, rules.encrypted_suffix, rules.unencrypted_regex,
                  rules.encrypted_regex, rules.unencrypted_comment_regex, rules.encrypted_comment_regex);
}

class Comparison {
 public:
  explicit Comparison(DataKeys keys) : keys_(keys) {}

  [[nodiscard]] Likeness compare(const SopsNode& before, const SopsNode& after) const {
    if (before.kind != after.kind) return Likeness::different;
    if (before.items.empty() && after.items.empty()) return compare_text(before, after);
    if (before.items.size() != after.items.size()) return Likeness::different;
    Likeness out = Likeness::same;
    for (std::size_t i = 0; i < after.items.size(); ++i) {
      if (before.items[i].key != after.items[i].key) return Likeness::different;
      const Likeness one = compare(before.items[i].node, after.items[i].node);
      if (one == Likeness::different) return one;
      if (one == Likeness::unclear) out = one;
    }
    return out;
  }

 private:
  [[nodiscard]] Likeness compare_text(const SopsNode& before, const SopsNode& after) const {
    const std::string_view was = public_text(before.value);
    const std::string_view is = public_text(after.value);
    if (was == is) return before.type == after.type ? Likeness::same : Likeness::unclear;
    const auto old_value = parse_encrypted_value(was);
    const auto new_value = parse_encrypted_value(is);
    if (!old_value && !new_value) return Likeness::different;
    if (!old_value || !new_value || old_value->type != new_value->type) return Likeness::unclear;
    // AES-GCM keeps the length.
    if (old_value->data.size() != new_value->data.size()) return Likeness::different;
    const bool one_stream = keys_ == DataKeys::same && old_value->nonce == new_value->nonce;
    return one_stream ? Likeness::different : Likeness::unclear;
  }

  DataKeys keys_;
};

}  // namespace

Likeness compare_sops(SopsStore store, std::string_view before, std::string_view after,
                      std::string_view path) {
  const EncryptedFile was = read_sops(store, before);
  const EncryptedFile is = read_sops(store, after);
  if (rules_of(was.metadata) != rules_of(is.metadata)) return Likeness::unclear;
  const Comparison comparison(compare_keys(was.metadata, is.metadata));
  if (!path.empty()) {
    const SopsNode* old_node = find_path(was.documents, path);
    const SopsNode* new_node = find_path(is.documents, path);
    if (old_node == nullptr || new_node == nullptr) return Likeness::unclear;
    return comparison.compare(*old_node, *new_node);
  }
  if (was.documents.size() != is.documents.size()) return Likeness::different;
  Likeness out = Likeness::same;
  for (std::size_t i = 0; i < is.documents.size(); ++i) {
    const Likeness one = comparison.compare(was.documents[i], is.documents[i]);
    if (one == Likeness::different) return one;
    out = std::max(out, one);
  }
  return out;
}

}  // namespace hwcsync::secrets
