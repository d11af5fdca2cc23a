#include "secrets/vault/source.hpp"

#include "secrets/age/age.hpp"
#include "secrets/sops/binary.hpp"
#include "secrets/vault/dotenv_parser.hpp"
#include "secrets/vault/substitute.hpp"

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

std::vector<DotenvEntry> read_sops_values(const DotenvDocument& document) {
  std::vector<DotenvEntry> out;
  for (const DotenvEntry& entry : document.entries) {
    if (is_quoted(entry.value.bytes())) {
      out.push_back({entry.key, unquote(entry)});
      continue;
    }
    const std::string reference = find_reference(entry.value.bytes(), document.entries);
    if (!reference.empty()) {
      throw_undecryptable(SecretFailure::malformed, "a sops file",
                          "the value of '" + entry.key + "' refers to ${" + reference +
                              "}; write that value out, or use single quotes if the text itself is meant");
    }
    out.push_back({entry.key, entry.value.clone()});
  }
  return out;
}

}  // namespace

PlainSource::PlainSource(SourceFormat format, std::string_view ciphertext,
                         std::span<const Identity> identities)
    : format_(format) {
  switch (format) {
    case SourceFormat::sops_dotenv:
      document_ = decrypt_sops_dotenv(ciphertext, identities);
      break;
    case SourceFormat::sops_binary:
      content_ = decrypt_sops_binary(ciphertext, identities);
      break;
    case SourceFormat::age:
      content_ = decrypt_age(as_bytes(ciphertext), identities);
      break;
  }
}

SecureBuffer PlainSource::whole() const {
  return format_ == SourceFormat::sops_dotenv ? print_dotenv(document_) : content_.clone();
}

const std::vector<DotenvEntry>& PlainSource::variables() const {
  if (!variables_) {
    variables_ = format_ == SourceFormat::sops_dotenv ? read_sops_values(document_)
                                                      : parse_dotenv(content_.bytes(), "a dotenv file");
  }
  return *variables_;
}

std::optional<std::string> fingerprint_source(SourceFormat format, std::string_view ciphertext) {
  switch (format) {
    case SourceFormat::sops_dotenv:
      return fingerprint_sops_dotenv(ciphertext);
    case SourceFormat::sops_binary:
      return fingerprint_sops_binary(ciphertext);
    case SourceFormat::age:
      break;
  }
  return std::nullopt;
}

}  // namespace hwcsync::secrets
