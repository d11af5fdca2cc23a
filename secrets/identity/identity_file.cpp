#include "secrets/identity/identity_file.hpp"

#include "secrets/arena/secret_error.hpp"
#include "secrets/identity/bech32.hpp"
#include "secrets/identity/openssh_key.hpp"
#include "secrets/identity/wire.hpp"
#include "src/base/error.hpp"
#include "src/base/fd.hpp"

#include <algorithm>
#include <cctype>
#include <cerrno>
#include <iterator>
#include <optional>
#include <utility>

#include <fcntl.h>
#include <unistd.h>

namespace hwcsync::secrets {
namespace {

constexpr std::size_t kFileLimit = 1U << 20U;

[[noreturn]] void reject(SecretFailure failure, const std::string& origin, std::string_view why,
                         std::string_view hint) {
  throw SecretError(failure, ErrorText{"cannot read identity", origin, {}, std::string(hint)},
                    std::string(why));
}

bool starts_with(Bytes text, std::string_view prefix) {
  return text.size() >= prefix.size() && is_text(text.first(prefix.size()), prefix);
}

// Of the kinds that only the program `age` can use; the text is checked here, so that a typo is found before
// it runs.
std::optional<Identity> parse_program_identity(Bytes line, const std::string& origin) {
  constexpr std::string_view kPlugin = "AGE-PLUGIN-";
  std::string name;
  std::string prefix;
  if (starts_with(line, "AGE-SECRET-KEY-PQ-1")) {
    name = "pq";
    prefix = "age-secret-key-pq-";
  } else if (starts_with(line, kPlugin)) {
    const std::string_view text(reinterpret_cast<const char*>(line.data()), line.size());
    const auto mark = text.rfind("-1");
    if (mark == std::string_view::npos || mark <= kPlugin.size())
      reject(SecretFailure::malformed, origin, "the plugin's name is missing", "copy the whole line again");
    for (const char c : text.substr(0, mark + 1))
      prefix += static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
    name = prefix.substr(kPlugin.size(), mark - kPlugin.size());
    if (name.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789+-._") != std::string::npos)
      reject(SecretFailure::malformed, origin, "the plugin's name has wrong letters",
             "copy the whole line again");
  } else {
    return std::nullopt;
  }
  if (!decode_bech32(prefix, line)) {
    reject(SecretFailure::malformed, origin, "the key is damaged: its check sum is wrong",
           "copy the whole line again");
  }
  return Identity{origin, ProgramIdentity{SecureBuffer(line), name}};
}

Identity parse_line(Bytes line, const std::string& origin) {
  if (auto identity = parse_program_identity(line, origin)) return std::move(*identity);
  if (!starts_with(line, "AGE-SECRET-KEY-1")) {
    reject(SecretFailure::malformed, origin, "the line is neither a comment nor AGE-SECRET-KEY-1...",
           "`age-keygen -o FILE` makes such a file");
  }
  auto secret = decode_bech32("age-secret-key-", line);
  if (!secret || secret->size() != 32) {
    reject(SecretFailure::malformed, origin, "the key is damaged: its check sum or length is wrong",
           "copy the whole line again");
  }
  return x25519_identity(std::move(*secret), origin);
}

}  // namespace

std::vector<Identity> parse_identities(Bytes content, const std::string& name) {
  if (looks_like_pem(content)) return parse_openssh_key(content, name);
  if (starts_with(content, "age-encryption.org/") || starts_with(content, "-----BEGIN AGE")) {
    reject(SecretFailure::unsupported, name, "read identity files that are encrypted themselves",
           "a service has nobody to ask for the passphrase: use an unencrypted file with mode 0400");
  }
  std::vector<Identity> out;
  std::size_t number = 0;
  while (!content.empty()) {
    ++number;
    const auto end = std::ranges::find(content, std::uint8_t{'\n'});
    const auto length = static_cast<std::size_t>(std::distance(content.begin(), end));
    Bytes line = content.first(length);
    content = content.subspan(std::min(length + 1, content.size()));
    if (!line.empty() && line.back() == '\r') line = line.first(line.size() - 1);
    if (line.empty() || line.front() == '#') continue;
    out.push_back(parse_line(line, name + ":" + std::to_string(number)));
  }
  if (out.empty()) {
    reject(SecretFailure::malformed, name, "the file holds no identity", "`age-keygen -o FILE` makes one");
  }
  return out;
}

std::vector<Identity> load_identities(const std::string& path) {
  const SecureBuffer content = read_secret_file(path, kFileLimit);
  return parse_identities(content.bytes(), path);
}

SecureBuffer read_secret_file(const std::string& path, std::size_t limit) {
  // Opened by its path, standard input would be refused where it is a socket or another user's file.
  const Fd fd =
      path == "/dev/stdin" ? Fd(::fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 3)) : open_file(path, O_RDONLY);
  if (!fd.valid()) throw_errno("cannot read", path);
  SecureBuffer out(std::size_t{4096});
  std::size_t filled = 0;
  for (;;) {
    if (filled == out.size()) {
      if (filled >= limit) throw SystemError("cannot read", path, EFBIG);
      SecureBuffer larger(out.size() * 2);
      std::ranges::copy(out.bytes(), larger.data());
      out = std::move(larger);
    }
    const ssize_t n = ::read(fd.get(), out.data() + filled, out.size() - filled);
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) throw_errno("cannot read", path);
    if (n == 0) break;
    filled += static_cast<std::size_t>(n);
  }
  out.truncate(filled);
  return out;
}

}  // namespace hwcsync::secrets
