#include "secrets/vault/source.hpp"

#include "secrets/age/age.hpp"
#include "secrets/sops/printer.hpp"
#include "secrets/sops/scalar.hpp"
#include "secrets/vault/dotenv_parser.hpp"
#include "secrets/vault/substitute.hpp"
#include "src/base/text.hpp"

#include <utility>

namespace hwcsync::secrets {
namespace {

bool is_quoted(Bytes value) {
  return value.size() >= 2 && value.front() == value.back() &&
         (value.front() == '"' || value.front() == '\'');
}

SecureBuffer unquote(const DotenvEntry& entry) {
  SecureBuffer line(as_bytes("V="));
  line.append(entry.value.bytes());
  try {
    auto parsed = parse_dotenv(line.bytes(), "a sops file");
    if (parsed.size() == 1) return std::move(parsed.front().value);
  } catch (const SecretError&) {
    // Told below with the name of the variable instead of a line number that is not the file's.
  }
  throw_undecryptable(SecretFailure::malformed, "a sops file",
                      "the value of '" + entry.key + "' stands in quotes that Compose could not read");
}

std::vector<DotenvEntry> read_sops_values(const std::vector<DotenvEntry>& entries) {
  std::vector<DotenvEntry> out;
  for (const DotenvEntry& entry : entries) {
    if (is_quoted(entry.value.bytes())) {
      out.push_back({entry.key, unquote(entry)});
      continue;
    }
    const std::string reference = find_reference(entry.value.bytes(), entries);
    if (!reference.empty()) {
      throw_undecryptable(SecretFailure::malformed, "a sops file",
                          "the value of '" + entry.key + "' refers to ${" + reference +
                              "}; write that value out, or use single quotes if the text itself is meant");
    }
    out.push_back({entry.key, entry.value.clone()});
  }
  return out;
}

// The keys at the top of a YAML or JSON file; of several YAML documents those of the first.
std::vector<DotenvEntry> read_top_level(const SopsNode& document) {
  std::vector<DotenvEntry> out;
  for (const SopsNode::Item& item : document.items) {
    if (item.node.is_comment()) continue;
    if (!item.node.is_scalar()) {
      throw_undecryptable(SecretFailure::malformed, "a sops file",
                          "'" + item.key + "' is not one value, so the file makes no environment");
    }
    out.push_back({item.key, spell_scalar(item.node)});
  }
  return out;
}

}  // namespace

std::optional<SopsStore> store_of(SourceFormat format) noexcept {
  switch (format) {
    case SourceFormat::sops_dotenv:
      return SopsStore::dotenv;
    case SourceFormat::sops_yaml:
      return SopsStore::yaml;
    case SourceFormat::sops_json:
      return SopsStore::json;
    case SourceFormat::sops_ini:
      return SopsStore::ini;
    case SourceFormat::sops_binary:
      return SopsStore::binary;
    case SourceFormat::age:
      break;
  }
  return std::nullopt;
}

PlainSource::PlainSource(SourceFormat format, std::string_view ciphertext,
                         std::span<const Identity> identities)
    : format_(format) {
  if (const auto store = store_of(format)) {
    documents_ = decrypt_sops(*store, ciphertext, identities);
  } else {
    content_ = decrypt_age(as_bytes(ciphertext), identities);
  }
}

bool PlainSource::is_tree() const noexcept {
  return format_ == SourceFormat::sops_yaml || format_ == SourceFormat::sops_json ||
         format_ == SourceFormat::sops_ini;
}

SecureBuffer PlainSource::whole() const {
  const auto store = store_of(format_);
  return store ? print_plain(*store, documents_) : content_.clone();
}

std::optional<SecureBuffer> PlainSource::value(std::string_view path) const {
  if (!is_tree()) {
    const SecureBuffer* found = find_value(variables(), path);
    return found == nullptr ? std::nullopt : std::optional(found->clone());
  }
  const SopsNode* found = find_path(documents_, path);
  if (found == nullptr || found->kind == SopsNode::Kind::null) return std::nullopt;
  return found->is_scalar() ? spell_scalar(*found) : print_compact_json(*found);
}

const std::vector<DotenvEntry>& PlainSource::variables() const {
  if (!variables_) variables_ = read_variables();
  return *variables_;
}

std::vector<DotenvEntry> PlainSource::read_variables() const {
  if (format_ == SourceFormat::sops_dotenv) return read_sops_values(dotenv_entries(documents_.front()));
  if (is_tree()) return read_top_level(documents_.front());
  return parse_dotenv(whole().bytes(), "a dotenv file");
}

std::optional<SourceFormat> detect_source_format(std::string_view file, std::string_view name) {
  const std::string_view text = trim(file);
  if (file.starts_with("age-encryption.org/") || text.starts_with("-----BEGIN AGE ENCRYPTED FILE-----"))
    return SourceFormat::age;
  const auto store = detect_sops_store(file);
  if (!store) return std::nullopt;
  if (store == SopsStore::binary && name.ends_with(".json")) return SourceFormat::sops_json;
  for (const SourceFormat format :
       {SourceFormat::sops_dotenv, SourceFormat::sops_yaml, SourceFormat::sops_json, SourceFormat::sops_ini,
        SourceFormat::sops_binary}) {
    if (store_of(format) == store) return format;
  }
  return std::nullopt;
}

Likeness compare_sources(SourceFormat format, std::string_view before, std::string_view after,
                         std::string_view key) {
  if (before == after) return Likeness::same;
  const auto store = store_of(format);
  return store ? compare_sops(*store, before, after, key) : Likeness::unclear;
}

}  // namespace hwcsync::secrets
