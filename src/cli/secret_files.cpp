#include "src/cli/secret_files.hpp"

#include "secrets/age/age.hpp"
#include "secrets/arena/harden.hpp"
#include "secrets/identity/identity_file.hpp"
#include "secrets/sops/binary.hpp"
#include "secrets/sops/dotenv.hpp"
#include "secrets/vault/source.hpp"
#include "src/base/atomic_file.hpp"
#include "src/base/error.hpp"
#include "src/base/fd.hpp"
#include "src/base/text.hpp"
#include "src/cli/exit_status.hpp"

#include <algorithm>
#include <iostream>
#include <ostream>

#include <unistd.h>

namespace hwcsync::cli {
namespace {

constexpr std::size_t kPlaintextLimit = 4U << 20U;

// By content, as the loader of stacks does it.
secrets::SourceFormat format_of(std::string_view text, const std::string& path) {
  if (text.starts_with("age-encryption.org/") || text.starts_with("-----BEGIN AGE ENCRYPTED FILE-----")) {
    return secrets::SourceFormat::age;
  }
  if (text.find("\nsops_mac=") != std::string_view::npos || text.starts_with("sops_mac=")) {
    return secrets::SourceFormat::sops_dotenv;
  }
  if (trim(text).starts_with("{") && text.find("\"sops\"") != std::string_view::npos) {
    return secrets::SourceFormat::sops_binary;
  }
  throw secrets::SecretError(secrets::SecretFailure::not_encrypted,
                             {"cannot decrypt", path, "not encrypted", {}}, "neither age nor sops");
}

// A plaintext dotenv file as sops reads one: everything after the first '=' is the value, as it stands, and
// \n in it stands for a line break. `decrypt` writes the same form, so that decrypting and encrypting again
// changes nothing.
struct PlainFile {
  std::vector<secrets::DotenvEntry> entries;
  std::size_t comments = 0;
};

PlainFile read_plain(secrets::Bytes text, const std::string& path) {
  PlainFile out;
  int number = 0;
  while (!text.empty()) {
    ++number;
    const auto end = std::find(text.begin(), text.end(), '\n');
    const secrets::Bytes line(text.begin(), end);
    text = text.subspan(std::min(text.size(), line.size() + 1));
    if (line.empty()) continue;
    if (line.front() == '#') {
      ++out.comments;
      continue;
    }
    const auto equals = std::find(line.begin(), line.end(), '=');
    if (equals == line.end()) {
      throw secrets::SecretError(secrets::SecretFailure::malformed, {"cannot encrypt", path, "", ""},
                                 "line " + std::to_string(number) + " is no KEY=value");
    }
    secrets::DotenvEntry entry{std::string(line.begin(), equals), {}};
    for (auto at = equals + 1; at != line.end(); ++at) {
      const bool line_break = *at == '\\' && at + 1 != line.end() && at[1] == 'n';
      entry.value.append(line_break ? std::uint8_t{'\n'} : *at);
      if (line_break) ++at;
    }
    if (entry.key.starts_with("sops_")) {
      throw secrets::SecretError(secrets::SecretFailure::malformed, {"cannot encrypt", path, "", ""},
                                 "it has sops' own variables: it is encrypted already");
    }
    out.entries.push_back(std::move(entry));
  }
  return out;
}

void write_secret(int fd, secrets::Bytes bytes) {
  write_all(fd, {reinterpret_cast<const char*>(bytes.data()), bytes.size()}, "standard output");
}

}  // namespace

int decrypt_file(const std::string& path, const std::vector<std::string>& identities,
                 const settings::Settings& settings) {
  secrets::harden_process();
  std::vector<secrets::Identity> keys;
  for (const std::string& file : identities.empty() ? settings.identities : identities) {
    for (secrets::Identity& identity : secrets::load_identities(file)) keys.push_back(std::move(identity));
  }
  const std::string ciphertext = read_file(path);
  const secrets::PlainSource plain(format_of(ciphertext, path), ciphertext, keys);
  write_secret(STDOUT_FILENO, plain.whole().bytes());
  return kDone;
}

int encrypt_file(const Encryption& encryption, std::ostream& out) {
  secrets::harden_process();
  std::vector<secrets::Recipient> recipients;
  for (const std::string& text : encryption.recipients) recipients.push_back(secrets::parse_recipient(text));
  const std::string source = encryption.path == "-" ? "/dev/stdin" : encryption.path;
  const secrets::SecureBuffer plain = secrets::read_secret_file(source, kPlaintextLimit);
  const auto now = std::chrono::system_clock::now();
  std::string text;
  if (encryption.format == "dotenv") {
    const PlainFile file = read_plain(plain.bytes(), encryption.path);
    text = secrets::encrypt_sops_dotenv(file.entries, recipients, now);
    if (file.comments != 0)
      std::cerr << "hwcsync: left out " << count_of(file.comments, "comment line") << '\n';
  } else if (encryption.format == "binary") {
    text = secrets::encrypt_sops_binary(plain.bytes(), recipients, now);
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
