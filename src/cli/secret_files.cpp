#include "src/cli/secret_files.hpp"

#include "secrets/age/age.hpp"
#include "secrets/arena/harden.hpp"
#include "secrets/identity/identity_file.hpp"
#include "secrets/sops/sops_file.hpp"
#include "secrets/vault/source.hpp"
#include "src/base/atomic_file.hpp"
#include "src/base/error.hpp"
#include "src/base/fd.hpp"
#include "src/base/text.hpp"
#include "src/cli/exit_status.hpp"
#include "src/cli/passphrase.hpp"

#include <algorithm>
#include <optional>
#include <ostream>
#include <utility>

#include <unistd.h>

namespace hwcsync::cli {
namespace {

constexpr std::size_t kPlaintextLimit = 4U << 20U;

// By content, as the loader of stacks does it.
secrets::SourceFormat format_of(std::string_view text, const std::string& path) {
  if (const auto format = secrets::detect_source_format(text)) return *format;
  throw secrets::SecretError(secrets::SecretFailure::not_encrypted,
                             {"cannot decrypt", path, "not encrypted", {}}, "neither age nor sops");
}

std::optional<secrets::SopsStore> sops_store(const std::string& format) {
  if (format == "yaml") return secrets::SopsStore::yaml;
  if (format == "json") return secrets::SopsStore::json;
  if (format == "dotenv") return secrets::SopsStore::dotenv;
  if (format == "binary") return secrets::SopsStore::binary;
  return std::nullopt;
}

std::string or_stdin(const std::string& path) {
  return path == "-" ? "/dev/stdin" : path;
}

void write_secret(int fd, secrets::Bytes bytes) {
  write_all(fd, {reinterpret_cast<const char*>(bytes.data()), bytes.size()}, "standard output");
}

}  // namespace

int decrypt_file(const std::string& path, const std::vector<std::string>& identities,
                 const settings::Settings& settings) {
  secrets::harden_process();
  if (std::count(identities.begin(), identities.end(), "-") + (path == "-" ? 1 : 0) > 1) {
    throw UsageError({"cannot read standard input", "twice", "'-' can stand for the file or for one identity",
                      "put the other one into a file"});
  }
  std::vector<secrets::Identity> keys;
  for (const std::string& file : identities.empty() ? settings.identities : identities) {
    for (secrets::Identity& identity : secrets::load_identities(or_stdin(file)))
      keys.push_back(std::move(identity));
  }
  const std::string ciphertext = read_file(or_stdin(path));
  const std::string name = path == "-" ? "standard input" : path;
  try {
    const secrets::SourceFormat format = format_of(ciphertext, name);
    if (format == secrets::SourceFormat::age && secrets::needs_passphrase(secrets::as_bytes(ciphertext))) {
      if (auto typed = ask_passphrase("Passphrase of " + name + ": "))
        keys.push_back({"what was typed", secrets::PassphraseIdentity{std::move(*typed)}});
    }
    const secrets::PlainSource plain(format, ciphertext, keys);
    write_secret(STDOUT_FILENO, plain.whole().bytes());
  } catch (const secrets::SecretError& error) {
    // The formats know what is wrong, not which file it is wrong in.
    throw secrets::SecretError(error.failure(), {"cannot decrypt", name, {}, error.text().hint},
                               error.detail());
  }
  return kDone;
}

int encrypt_file(const Encryption& encryption, std::ostream& out) {
  secrets::harden_process();
  std::vector<secrets::Recipient> recipients;
  for (const std::string& text : encryption.recipients) recipients.push_back(secrets::parse_recipient(text));
  const secrets::SecureBuffer plain = secrets::read_secret_file(or_stdin(encryption.path), kPlaintextLimit);
  const auto now = std::chrono::system_clock::now();
  std::string text;
  if (const auto store = sops_store(encryption.format)) {
    text = secrets::encrypt_sops(*store, secrets::read_plain(*store, plain.bytes()), recipients, now);
  } else {
    text = secrets::encrypt_age(plain.bytes(), recipients, secrets::AgeEncoding::armored);
  }
  if (encryption.output.empty()) {
    out << text;
    return kDone;
  }
  AtomicFile file(encryption.output, 0644);
  file.write(text);
  file.commit();
  return kDone;
}

std::string count_files(std::size_t count) {
  return count_of(count, "file");
}

}  // namespace hwcsync::cli
