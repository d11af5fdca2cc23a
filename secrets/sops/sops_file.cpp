#include "secrets/sops/sops_file.hpp"

#include "secrets/arena/secret_error.hpp"
#include "secrets/sops/dotenv.hpp"
#include "secrets/sops/ini_reader.hpp"
#include "secrets/sops/json_reader.hpp"
#include "secrets/sops/printer.hpp"
#include "secrets/sops/rule_matcher.hpp"
#include "secrets/sops/tree_cipher.hpp"
#include "secrets/sops/yaml_reader.hpp"
#include "src/base/text.hpp"

#include <algorithm>
#include <map>
#include <set>
#include <utility>

namespace hwcsync::secrets {
namespace {

constexpr std::string_view kSubject = "a sops file";
constexpr std::string_view kDecrypt = "cannot decrypt";
constexpr std::string_view kEncrypt = "cannot encrypt";
constexpr std::string_view kMetadata = "sops";
constexpr std::string_view kPrefix = "sops_";  // of dotenv

bool has_line(std::string_view text, std::string_view beginning) {
  return text.starts_with(beginning) || text.find('\n' + std::string(beginning)) != std::string_view::npos;
}

std::vector<SopsNode> one(SopsNode node) {
  std::vector<SopsNode> out;
  out.push_back(std::move(node));
  return out;
}

std::vector<SopsNode> parse(SopsStore store, Bytes text, std::string_view verb) {
  switch (store) {
    case SopsStore::yaml:
      return read_yaml(text, verb);
    case SopsStore::dotenv:
      return one(read_dotenv(text, verb));
    case SopsStore::ini:
      return one(read_ini(text, verb));
    case SopsStore::json:
    case SopsStore::binary:
      break;
  }
  return one(read_json_object(text, verb));
}

std::string unescape_newlines(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const bool line_end = text.substr(i, 2) == "\\n";
    out += line_end ? '\n' : text[i];
    if (line_end) ++i;
  }
  return out;
}

// Takes the metadata out of a document; nullopt when it has none.
std::optional<SopsNode> take_metadata(SopsNode& document) {
  std::optional<SopsNode> out;
  const auto is_metadata = [](const SopsNode::Item& item) {
    return !item.node.is_comment() && item.key == kMetadata;
  };
  for (SopsNode::Item& item : document.items) {
    if (!is_metadata(item)) continue;
    if (out) throw_undecryptable(SecretFailure::malformed, kSubject, "it has the key 'sops' twice");
    out = std::move(item.node);
  }
  std::erase_if(document.items, is_metadata);
  return out;
}

FlatMetadata take_dotenv_metadata(SopsNode& document) {
  FlatMetadata out;
  const auto is_metadata = [](const SopsNode::Item& item) { return item.key.starts_with(kPrefix); };
  for (const SopsNode::Item& item : document.items) {
    if (!is_metadata(item)) continue;
    if (!out.emplace(item.key.substr(kPrefix.size()), public_text(item.node.value)).second)
      throw_undecryptable(SecretFailure::malformed, kSubject, "'" + item.key + "' stands twice");
  }
  std::erase_if(document.items, is_metadata);
  return out;
}

[[noreturn]] void not_encrypted() {
  throw_undecryptable(SecretFailure::not_encrypted, kSubject,
                      "it has no sops metadata; encrypt it with `sops encrypt` or `hwcsync secrets encrypt`");
}

FlatMetadata extract(SopsStore store, std::vector<SopsNode>& documents) {
  if (store == SopsStore::dotenv) return take_dotenv_metadata(documents.front());
  const auto node = take_metadata(documents.front());
  for (SopsNode& document : documents) static_cast<void>(take_metadata(document));
  if (!node) return {};
  if (!node->is_map())
    throw_undecryptable(SecretFailure::malformed, kSubject, "its key 'sops' is no mapping");
  FlatMetadata out = flatten(*node);
  if (store == SopsStore::ini) {
    for (auto& [key, value] : out) value = unescape_newlines(value);
  }
  return out;
}

void check_binary(const EncryptedFile& file) {
  const SopsNode& document = file.documents.front();
  const bool fits = document.items.size() == 1 && document.items.front().key == "data" &&
                    document.items.front().node.is_scalar();
  if (!fits) throw_undecryptable(SecretFailure::malformed, kSubject, "it has not exactly 'data' and 'sops'");
  RuleMatcher matcher(file.metadata.rules);
  matcher.enter_container();
  matcher.enter_key("data");
  if (!matcher.encrypts_value()) {
    throw_undecryptable(SecretFailure::not_encrypted, kSubject, "its rules leave the content in clear");
  }
}

void check_keys(SopsStore store, const std::vector<SopsNode>& documents) {
  for (const SopsNode& document : documents) {
    for (const SopsNode::Item& item : document.items) {
      if (item.node.is_comment()) continue;
      if (store == SopsStore::dotenv) check_dotenv_key(item.key);
      if (item.key == kMetadata) {
        throw SecretError(SecretFailure::malformed, ErrorText{std::string(kEncrypt), "a file", {}, {}},
                          "its key 'sops' is the one that sops keeps for itself (is it encrypted already?)");
      }
    }
  }
}

// Of two values under one key readers find now the first and now the second, and an empty one is added to an
// encrypted file without any key: the MAC does not know it.
std::optional<std::string> twin_in(const SopsNode& node) {
  std::set<std::string_view> seen;
  for (const SopsNode::Item& item : node.items) {
    if (node.is_map() && !item.node.is_comment() && !seen.insert(item.key).second) return item.key;
    if (auto found = twin_in(item.node)) return found;
  }
  return std::nullopt;
}

// In INI files sops takes sections in pieces and keys that stand twice; the MAC knows those that say
// something, and of two empty ones it is no matter which is read.
std::optional<std::string> empty_twin_in(const SopsNode& document) {
  std::map<std::pair<std::string_view, std::string_view>, bool> seen;  // whether it is empty
  for (const SopsNode::Item& section : document.items) {
    for (const SopsNode::Item& item : section.node.items) {
      if (item.node.is_comment()) continue;
      const bool empty = item.node.value.size() == 0;
      const auto [twin, first] = seen.try_emplace({section.key, item.key}, empty);
      if (!first && empty != twin->second) return item.key;
    }
  }
  return std::nullopt;
}

void refuse_twin(const std::optional<std::string>& key, std::string_view verb) {
  if (!key) return;
  throw SecretError(
      SecretFailure::malformed,
      ErrorText{std::string(verb), "a file", {}, verb == kDecrypt ? "keep one of them, with sops edit" : ""},
      "the key '" + *key + "' stands twice in one mapping");
}

// In a list sops writes an encrypted comment like a value.
void mark_comments(SopsNode& node) {
  if (node.is_scalar() && public_text(node.value).starts_with("ENC[") &&
      public_text(node.value).ends_with(",type:comment]")) {
    node.kind = SopsNode::Kind::comment;
  }
  for (SopsNode::Item& item : node.items) mark_comments(item.node);
}

std::string to_public(const SecureBuffer& ciphertext) {
  return std::string(public_text(ciphertext));
}

// The metadata of an INI file: a section of lines.
SopsNode ini_section(const Metadata& metadata) {
  SopsNode out = SopsNode::map();
  for (const auto& [key, value] : flatten(metadata)) {
    std::string line;
    for (const char c : value) line += c == '\n' ? std::string("\\n") : std::string(1, c);
    out.items.push_back({key, SopsNode::scalar(line)});
  }
  return out;
}

}  // namespace

std::optional<SopsStore> detect_sops_store(std::string_view file) {
  if (trim(file).starts_with('{')) {
    try {
      const SopsNode document = read_json_object(as_bytes(file), kDecrypt);
      bool encrypted = false;
      bool binary = document.items.size() == 2;
      for (const SopsNode::Item& item : document.items) {
        encrypted = encrypted || (item.key == kMetadata && item.node.is_map());
        binary = binary && (item.key == kMetadata || (item.key == "data" && item.node.is_scalar()));
      }
      if (!encrypted) return std::nullopt;
      return binary ? SopsStore::binary : SopsStore::json;
    } catch (const SecretError&) {
      return std::nullopt;  // no JSON, so none of the two
    }
  }
  if (has_line(file, "sops_mac=") || has_line(file, "sops_lastmodified=")) return SopsStore::dotenv;
  if (has_line(file, "[sops]")) return SopsStore::ini;
  if (has_line(file, "sops:")) return SopsStore::yaml;
  return std::nullopt;
}

EncryptedFile read_sops(SopsStore store, std::string_view file) {
  EncryptedFile out{parse(store, as_bytes(file), kDecrypt), {}};
  const FlatMetadata flat = extract(store, out.documents);
  if (!flat.contains("mac") && !flat.contains("lastmodified")) not_encrypted();
  out.metadata = read_metadata(flat);
  if (store == SopsStore::binary) check_binary(out);
  return out;
}

std::string print_sops(SopsStore store, EncryptedFile file) {
  std::vector<SopsNode>& documents = file.documents;
  if (store == SopsStore::dotenv) {
    for (const auto& [key, value] : flatten(file.metadata))
      documents.front().items.push_back({std::string(kPrefix) + key, SopsNode::scalar(value)});
    return to_public(print_dotenv(documents.front()));
  }
  const bool ini = store == SopsStore::ini;
  documents.front().items.push_back(
      {std::string(kMetadata), ini ? ini_section(file.metadata) : to_node(file.metadata)});
  if (ini) return to_public(print_ini(documents.front()));
  return to_public(store == SopsStore::yaml ? print_yaml(documents) : print_json(documents.front()));
}

std::vector<SopsNode> decrypt_sops(SopsStore store, std::string_view file,
                                   std::span<const Identity> identities) {
  EncryptedFile read = read_sops(store, file);
  std::vector<SopsNode> out = decrypt_tree(std::move(read.documents), read.metadata, identities);
  refuse_twin(find_twin(store, out), kDecrypt);
  return out;
}

std::optional<std::string> find_twin(SopsStore store, const std::vector<SopsNode>& documents) {
  for (const SopsNode& document : documents) {
    if (auto found = store == SopsStore::ini ? empty_twin_in(document) : twin_in(document)) return found;
  }
  return std::nullopt;
}

std::vector<SopsNode> read_plain(SopsStore store, Bytes text) {
  if (store != SopsStore::binary) {
    std::vector<SopsNode> out = parse(store, text, kEncrypt);
    for (const SopsNode& document : out) refuse_twin(twin_in(document), kEncrypt);
    return out;
  }
  SopsNode out = SopsNode::map();
  out.items.push_back({"data", SopsNode::scalar(SecureBuffer(text))});
  return one(std::move(out));
}

std::string encrypt_sops(SopsStore store, std::vector<SopsNode> documents,
                         std::span<const Recipient> recipients, std::chrono::system_clock::time_point now) {
  return encrypt_sops(store, std::move(documents), recipients, new_metadata(now));
}

std::string encrypt_sops(SopsStore store, std::vector<SopsNode> documents,
                         std::span<const Recipient> recipients, Metadata metadata) {
  check_keys(store, documents);
  EncryptedTree tree = encrypt_tree(std::move(documents), std::move(metadata), recipients);
  const std::string written = fingerprint_tree(tree.documents, tree.metadata);
  std::string out = print_sops(store, {std::move(tree.documents), std::move(tree.metadata)});
  // The grammar of ini.v1 has no way to write some values and names.
  if (store == SopsStore::ini && fingerprint_sops(store, out) != written) {
    throw SecretError(SecretFailure::unsupported,
                      ErrorText{std::string(kEncrypt), "an INI file", {}, "use --format binary"},
                      "write a name or a value in clear of this file so that INI reads it back");
  }
  return out;
}

SecureBuffer print_plain(SopsStore store, const std::vector<SopsNode>& documents) {
  switch (store) {
    case SopsStore::yaml:
      return print_yaml(documents);
    case SopsStore::dotenv:
      return print_dotenv(documents.front());
    case SopsStore::ini:
      return print_ini(documents.front());
    case SopsStore::binary:
      return documents.front().items.front().node.value.clone();
    case SopsStore::json:
      break;
  }
  return print_json(documents.front());
}

std::vector<std::string> list_sops_paths(SopsStore store, std::string_view file) {
  EncryptedFile read = read_sops(store, file);
  for (SopsNode& document : read.documents) mark_comments(document);
  return list_paths(read.documents);
}

std::string fingerprint_sops(SopsStore store, std::string_view file) {
  const EncryptedFile read = read_sops(store, file);
  return fingerprint_tree(read.documents, read.metadata);
}

}  // namespace hwcsync::secrets
