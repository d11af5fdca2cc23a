#include "src/cli/person_keys.hpp"

#include "secrets/identity/identity_file.hpp"
#include "src/base/error.hpp"
#include "src/base/text.hpp"

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <iterator>
#include <utility>

#include <unistd.h>

namespace hwcsync::cli {
namespace {

std::string variable(const char* name) {
  const char* value = std::getenv(name);
  return value == nullptr ? std::string() : std::string(value);
}

void add_all(PersonKeys& keys, std::vector<secrets::Identity> more) {
  std::move(more.begin(), more.end(), std::back_inserter(keys.identities));
}

// Whatever is wrong with one source is told only if nothing else fits.
template <typename Load>
void try_source(PersonKeys& keys, const std::string& name, Load load) {
  try {
    add_all(keys, load());
  } catch (const Error& error) {
    keys.unused.push_back(name + ": " + error.text().reason);
  }
}

enum class Expected { perhaps, named };

// The absence of a file that nobody named is no news.
void try_file(PersonKeys& keys, const std::string& path, Expected expected) {
  try_source(keys, path, [&]() -> std::vector<secrets::Identity> {
    try {
      return secrets::load_identities(path);
    } catch (const SystemError& error) {
      if (expected == Expected::named || (error.code() != ENOENT && error.code() != ENOTDIR)) throw;
      return {};
    }
  });
}

// Keys in a variable are several lines, or several words of one.
std::vector<secrets::Identity> keys_of_environment() {
  char* text = std::getenv("SOPS_AGE_KEY");
  if (text == nullptr) return {};
  const std::size_t size = std::strlen(text);
  secrets::SecureBuffer lines(secrets::Bytes(reinterpret_cast<const std::uint8_t*>(text), size));
  secrets::wipe(text, size);
  ::unsetenv("SOPS_AGE_KEY");
  // Keys may stand one beside the other; a text with comments is laid out as a file.
  const auto bytes = lines.bytes();
  if (std::find(bytes.begin(), bytes.end(), std::uint8_t{'#'}) == bytes.end()) {
    for (std::uint8_t& c : bytes) c = c == ' ' || c == '\t' ? std::uint8_t{'\n'} : c;
  }
  return secrets::parse_identities(lines.bytes(), "SOPS_AGE_KEY");
}

}  // namespace

std::string or_stdin(const std::string& path) {
  return path == "-" ? "/dev/stdin" : path;
}

PersonKeys find_person_keys(const std::vector<std::string>& files, const settings::Settings& settings,
                            const RecipientGroups& wanted) {
  PersonKeys out;
  if (!files.empty()) {
    for (const std::string& file : files) add_all(out, secrets::load_identities(or_stdin(file)));
    return out;
  }
  const std::string home = variable("HOME");
  if (const auto named = variable("SOPS_AGE_SSH_PRIVATE_KEY_FILE"); !named.empty())
    try_file(out, named, Expected::named);
  if (!home.empty()) {
    try_file(out, home + "/.ssh/id_ed25519", Expected::perhaps);
    try_file(out, home + "/.ssh/id_rsa", Expected::perhaps);
  }
  try_source(out, "SOPS_AGE_KEY", keys_of_environment);
  if (const auto named = variable("SOPS_AGE_KEY_FILE"); !named.empty()) try_file(out, named, Expected::named);
  const std::string config = variable("XDG_CONFIG_HOME");
  if (!config.empty() || !home.empty())
    try_file(out, (config.empty() ? home + "/.config" : config) + "/sops/age/keys.txt", Expected::perhaps);
  for (const std::string& file : settings.identities) try_file(out, file, Expected::perhaps);
  KeyPrograms([&](const std::string& trouble) {
    if (!std::ranges::count(out.unused, trouble)) out.unused.push_back(trouble);
  }).ask(wanted, out.identities);
  return out;
}

std::string unused_keys(const PersonKeys& keys) {
  return keys.unused.empty() ? std::string() : "; not used: " + join(keys.unused, "; ");
}

void require_identity(const PersonKeys& keys, const std::string& purpose) {
  if (!keys.identities.empty()) return;
  throw UsageError({purpose, "",
                    "no key was found" + (keys.unused.empty() ? "" : ": " + join(keys.unused, "; ")),
                    "name one with -i FILE, or put it where sops looks: SOPS_AGE_KEY_FILE, "
                    "~/.config/sops/age/keys.txt, ~/.ssh/id_ed25519"});
}

}  // namespace hwcsync::cli
