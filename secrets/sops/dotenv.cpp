#include "secrets/sops/dotenv.hpp"

#include "secrets/arena/secret_error.hpp"
#include "secrets/sops/data_key.hpp"
#include "secrets/sops/dotenv_lines.hpp"
#include "secrets/sops/mac.hpp"
#include "secrets/sops/timestamp.hpp"
#include "secrets/sops/value.hpp"
#include "src/base/hash.hpp"

#include <algorithm>
#include <utility>

namespace hwcsync::secrets {
namespace {

// The version of sops whose rules the writer follows.
constexpr std::string_view kSopsVersion = "3.13.3";

std::string aad_of(std::string_view key) {
  return std::string(key) + ':';
}

// A comment is not authenticated, and one that does not open was in clear already (sops does the same).
SecureBuffer read_comment(AesGcm& cipher, std::string_view text) {
  if (const auto value = parse_encrypted_value(text)) {
    if (auto opened = cipher.open(value->nonce, value->data, value->tag, ":")) return std::move(*opened);
  }
  return SecureBuffer(as_bytes(text));
}

void check_key(std::string_view key) {
  const char* why = nullptr;
  if (key.empty()) {
    why = "it is empty";
  } else if (key.find_first_of(std::string_view("=\n\0", 3)) != std::string_view::npos) {
    why = "it holds '=', a newline or a zero byte";
  } else if (key.starts_with('#') || key.starts_with("sops_")) {
    why = "it begins with '#' or 'sops_'";
  }
  if (why == nullptr) return;
  throw SecretError(SecretFailure::malformed,
                    ErrorText{"cannot encrypt variable", "'" + std::string(key) + "'", {}, "rename it"}, why);
}

void append_escaped(SecureBuffer& out, Bytes value) {
  for (const std::uint8_t byte : value) byte == '\n' ? out.append(as_bytes("\\n")) : out.append(byte);
}

}  // namespace

DotenvDocument decrypt_sops_dotenv(std::string_view file, std::span<const Identity> identities) {
  const DotenvLines parsed = split_sops_dotenv(file);
  const Metadata metadata = read_metadata(parsed.metadata);
  const SecureBuffer data_key = unwrap_data_key(metadata, identities);
  AesGcm cipher(data_key.bytes());
  MacHasher mac(metadata.mac_scope);
  DotenvDocument out;
  for (const DotenvLine& line : parsed.lines) {
    if (line.kind == DotenvLine::Kind::comment) {
      out.comments.push_back({out.entries.size(), read_comment(cipher, line.text)});
      continue;
    }
    const bool encrypted = metadata.encrypts(line.key);
    SecureBuffer value = encrypted ? decrypt_value(cipher, line.text, aad_of(line.key), line.key)
                                   : SecureBuffer(as_bytes(unescape_newlines(line.text)));
    if (encrypted || metadata.mac_scope == MacScope::all_values) mac.add(value.bytes());
    out.entries.push_back({std::string(line.key), std::move(value)});
  }
  verify_mac(cipher, metadata, mac.finish());
  return out;
}

std::string encrypt_sops_dotenv(const std::vector<DotenvEntry>& entries,
                                std::span<const Recipient> recipients,
                                std::chrono::system_clock::time_point now) {
  NewDataKey data_key = make_data_key(recipients);
  AesGcm cipher(data_key.key.bytes());
  Metadata metadata;
  metadata.age = std::move(data_key.entries);
  metadata.last_modified = format_last_modified(now);
  metadata.version = kSopsVersion;
  metadata.unencrypted_suffix = "_unencrypted";
  MacHasher mac(metadata.mac_scope);
  std::string out;
  for (const DotenvEntry& entry : entries) {
    check_key(entry.key);
    mac.add(entry.value.bytes());
    const std::string text =
        metadata.encrypts(entry.key)
            ? encrypt_value(cipher, entry.value.bytes(), aad_of(entry.key))
            : escape_newlines({reinterpret_cast<const char*>(entry.value.data()), entry.value.size()});
    out += entry.key + '=' + text + '\n';
  }
  metadata.mac = encrypt_mac(cipher, mac.finish(), metadata.last_modified);
  for (const auto& [key, value] : flatten(metadata))
    out += "sops_" + key + '=' + escape_newlines(value) + '\n';
  return out;
}

std::vector<std::string> list_sops_dotenv_keys(std::string_view file) {
  std::vector<std::string> out;
  for (const DotenvLine& line : split_sops_dotenv(file).lines) {
    if (line.kind == DotenvLine::Kind::value) out.emplace_back(line.key);
  }
  return out;
}

std::string fingerprint_sops_dotenv(std::string_view file) {
  const DotenvLines parsed = split_sops_dotenv(file);
  const Metadata metadata = read_metadata(parsed.metadata);
  Sha256 hash;
  hash.add("sops-dotenv").add(metadata.mac).add(metadata.last_modified);
  hash.add(metadata.unencrypted_suffix).add(metadata.encrypted_suffix);
  hash.add(metadata.mac_scope == MacScope::all_values ? "all" : "encrypted");
  // In their order: a reordered file no longer fits its MAC, which is a change that somebody must see.
  for (const DotenvLine& line : parsed.lines) {
    if (line.kind == DotenvLine::Kind::value) hash.add(line.key).add(line.text);
  }
  return hash.hex();
}

SecureBuffer print_dotenv(const DotenvDocument& document) {
  SecureBuffer out;
  auto comment = document.comments.begin();
  for (std::size_t i = 0; i <= document.entries.size(); ++i) {
    for (; comment != document.comments.end() && comment->before == i; ++comment) {
      out.append('#');
      append_escaped(out, comment->text.bytes());
      out.append('\n');
    }
    if (i == document.entries.size()) break;
    out.append(as_bytes(document.entries[i].key));
    out.append('=');
    append_escaped(out, document.entries[i].value.bytes());
    out.append('\n');
  }
  return out;
}

}  // namespace hwcsync::secrets
