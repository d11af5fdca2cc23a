#include "secrets/sops/tree_cipher.hpp"

#include "secrets/arena/secret_error.hpp"
#include "secrets/sops/data_key.hpp"
#include "secrets/sops/mac.hpp"
#include "secrets/sops/rule_matcher.hpp"
#include "secrets/sops/value.hpp"
#include "src/base/hash.hpp"

#include <utility>

namespace hwcsync::secrets {
namespace {

constexpr std::string_view kSubject = "a sops file";

// Visits every scalar and comment of a tree in document order (sops.go walkBranch, walkSlice), with the AAD
// of its place: the keys above it with a colon after each. A list's index is no part of it. Whether something
// is a comment is judged by what it was before decryption (the rule of sops 3.13.3).
template <typename Leaf>
class Walk {
 public:
  Walk(const EncryptionRules& rules, Leaf leaf) : matcher_(rules), leaf_(std::move(leaf)) {}

  void run(std::vector<SopsNode>& documents) {
    for (SopsNode& document : documents) container(document);
  }

 private:
  void container(SopsNode& node) {
    matcher_.enter_container();
    for (SopsNode::Item& item : node.items) {
      if (item.node.is_comment()) {
        leaf_(item.node, aad_, matcher_.encrypts_comment(item.node.value.bytes()));
        continue;
      }
      const std::size_t above = aad_.size();
      if (node.is_map()) {
        aad_ += item.key + ':';
        matcher_.enter_key(item.key);
      }
      if (item.node.is_map() || item.node.is_list()) {
        container(item.node);
      } else if (item.node.is_scalar()) {
        leaf_(item.node, aad_, matcher_.encrypts_value());
      }
      if (node.is_map()) matcher_.leave_key();
      aad_.resize(above);
      matcher_.value_done();
    }
    matcher_.leave_container();
  }

  RuleMatcher matcher_;
  Leaf leaf_;
  std::string aad_;
};

template <typename Leaf>
void walk(std::vector<SopsNode>& documents, const EncryptionRules& rules, Leaf leaf) {
  Walk<Leaf>(rules, std::move(leaf)).run(documents);
}

std::string aad_of(std::string_view path) {
  return path.empty() ? ":" : std::string(path);
}

// For messages: "postgres/password".
std::string name_of(std::string_view aad) {
  std::string out(aad.substr(0, aad.size() - 1));
  for (char& c : out) c = c == ':' ? '/' : c;
  return out;
}

// A comment is not authenticated, and one that does not open was in clear already (sops does the same).
void decrypt_comment(AesGcm& cipher, SopsNode& node, std::string_view aad) {
  const auto value = parse_encrypted_value(public_text(node.value));
  if (!value) return;
  if (auto opened = cipher.open(value->nonce, value->data, value->tag, aad)) node.value = std::move(*opened);
}

void decrypt_leaf(AesGcm& cipher, SopsNode& node, std::string_view aad) {
  if (node.type != ScalarType::text) {
    throw_undecryptable(SecretFailure::not_encrypted, kSubject,
                        "the value of '" + name_of(aad) +
                            "' is in clear, although the rules of the file say that it is encrypted");
  }
  node = decrypt_value(cipher, public_text(node.value), aad, name_of(aad));
}

void add_to_hash(Sha256& hash, const SopsNode& node) {
  if (node.is_comment()) return;  // not authenticated
  hash.add(node.is_map() ? "{" : node.is_list() ? "[" : node.is_scalar() ? "=" : "~");
  if (node.is_scalar()) hash.add(to_string(node.type)).add(public_text(node.value));
  for (const SopsNode::Item& item : node.items) {
    hash.add(item.key);
    add_to_hash(hash, item.node);
  }
  hash.add(".");
}

}  // namespace

std::vector<SopsNode> decrypt_tree(std::vector<SopsNode> documents, const Metadata& metadata,
                                   std::span<const Identity> identities) {
  const SecureBuffer data_key = unwrap_data_key(metadata, identities);
  AesGcm cipher(data_key.bytes());
  MacHasher mac(metadata.mac_scope);
  walk(documents, metadata.rules, [&](SopsNode& node, std::string_view path, bool encrypted) {
    const std::string aad = aad_of(path);
    if (node.is_comment()) {
      if (encrypted) decrypt_comment(cipher, node, aad);
      return;
    }
    if (encrypted) decrypt_leaf(cipher, node, aad);
    const bool counts = encrypted || metadata.mac_scope == MacScope::all_values;
    if (counts && node.is_scalar()) mac.add(node.value.bytes());
  });
  verify_mac(cipher, metadata, mac.finish());
  return documents;
}

EncryptedTree encrypt_tree(std::vector<SopsNode> documents, Metadata metadata,
                           std::span<const Recipient> recipients) {
  NewDataKey data_key = make_data_key(recipients);
  AesGcm cipher(data_key.key.bytes());
  MacHasher mac(metadata.mac_scope);
  walk(documents, metadata.rules, [&](SopsNode& node, std::string_view path, bool encrypted) {
    const bool counts = encrypted || metadata.mac_scope == MacScope::all_values;
    if (counts && node.is_scalar()) mac.add(node.value.bytes());
    if (!encrypted) return;
    const std::string_view type = node.is_comment() ? kCommentType : to_string(node.type);
    const std::string text = encrypt_value(cipher, node.value.bytes(), aad_of(path), type);
    node.value = SecureBuffer(as_bytes(text));
    node.type = ScalarType::text;
  });
  metadata.groups = {KeyGroup{std::move(data_key.entries), {}}};
  metadata.mac = encrypt_mac(cipher, mac.finish(), metadata.last_modified);
  return {std::move(documents), std::move(metadata)};
}

std::vector<std::string> find_clear_values(std::vector<SopsNode> documents, const Metadata& metadata) {
  std::vector<std::string> out;
  walk(documents, metadata.rules, [&](SopsNode& node, std::string_view path, bool encrypted) {
    if (!encrypted || node.is_comment() || node.value.empty()) return;
    if (node.type == ScalarType::text && parse_encrypted_value(public_text(node.value))) return;
    out.push_back(name_of(aad_of(path)));
  });
  return out;
}

std::string fingerprint_tree(const std::vector<SopsNode>& documents, const Metadata& metadata) {
  Sha256 hash;
  hash.add("sops").add(metadata.mac).add(metadata.last_modified);
  const EncryptionRules& rules = metadata.rules;
  for (const std::string* rule :
       {&rules.unencrypted_suffix, &rules.encrypted_suffix, &rules.unencrypted_regex, &rules.encrypted_regex,
        &rules.unencrypted_comment_regex, &rules.encrypted_comment_regex}) {
    hash.add(*rule);
  }
  hash.add(metadata.mac_scope == MacScope::all_values ? "all" : "encrypted");
  for (const SopsNode& document : documents) add_to_hash(hash, document);
  return hash.hex();
}

}  // namespace hwcsync::secrets
