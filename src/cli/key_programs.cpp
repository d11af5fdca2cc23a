#include "src/cli/key_programs.hpp"

#include "secrets/age/piped_program.hpp"
#include "secrets/arena/secret_error.hpp"
#include "secrets/identity/identity_file.hpp"
#include "secrets/vault/source.hpp"
#include "src/base/error.hpp"
#include "src/base/process.hpp"
#include "src/base/text.hpp"
#include "src/cli/words.hpp"

#include <algorithm>
#include <cstdlib>
#include <iterator>
#include <map>
#include <utility>

#include <sys/wait.h>
#include <unistd.h>

namespace hwcsync::cli {
namespace {

std::map<std::string, std::string> own_environment() {
  std::map<std::string, std::string> out;
  for (char** one = environ; *one != nullptr; ++one) {
    const std::string_view line = *one;
    const auto equals = line.find('=');
    if (equals != std::string_view::npos) out.emplace(line.substr(0, equals), line.substr(equals + 1));
  }
  return out;
}

// A command that fails may print what it should not.
std::string without_keys(std::string text) {
  constexpr std::string_view kKey = "AGE-SECRET-KEY-";
  for (auto at = text.find(kKey); at != std::string::npos; at = text.find(kKey, at + 5)) {
    const auto end = std::min(text.find_first_of(" \t\r\n\"'", at), text.size());
    text.replace(at, end - at, "(key)");
  }
  return text;
}

// What the program prints goes from its pipe into the arena.
std::vector<secrets::Identity> keys_of(const std::string& variable, const std::string& command,
                                       const std::string& recipient) {
  const std::vector<std::string> argv = split_words(command);
  auto environment = own_environment();
  if (!recipient.empty()) environment.insert_or_assign("SOPS_AGE_RECIPIENT", recipient);
  const secrets::PipedResult result = secrets::run_piped(argv, {}, {}, environment);
  if (!WIFEXITED(result.status) || WEXITSTATUS(result.status) != 0) {
    const std::string said = without_keys(telling_line(result.errors));
    throw Error("cannot run", argv.front(), "it failed" + (said.empty() ? "" : ": " + printable(said)));
  }
  return secrets::parse_identities(result.output.bytes(), variable);
}

bool opens(const std::vector<secrets::Identity>& keys, const std::string& recipient) {
  return std::ranges::any_of(keys, [&](const secrets::Identity& key) { return key.fits(recipient); });
}

}  // namespace

RecipientGroups groups_of(std::string_view ciphertext) {
  const auto format = secrets::detect_source_format(ciphertext);
  if (!format) return {};
  const auto store = secrets::store_of(*format);
  if (!store) return {{""}};
  RecipientGroups out;
  try {
    for (const secrets::KeyGroup& group : secrets::read_sops(*store, ciphertext).metadata.groups) {
      out.emplace_back();
      for (const secrets::AgeRecipientEntry& entry : group.age) out.back().push_back(entry.recipient);
    }
  } catch (const secrets::SecretError&) {
    return {};  // no program is asked for a file that cannot be read; its reader says why
  }
  return out;
}

KeyPrograms::KeyPrograms(Tell tell) : tell_(std::move(tell)) {
  for (const char* variable : {"SOPS_AGE_SSH_PRIVATE_KEY_CMD", "SOPS_AGE_KEY_CMD"}) {
    const char* command = std::getenv(variable);
    if (command != nullptr && *command != '\0') programs_.push_back({variable, command});
  }
}

void KeyPrograms::ask(const RecipientGroups& groups, std::vector<secrets::Identity>& keys) {
  for (const std::vector<std::string>& group : groups) {
    const auto opened = [&] {
      return std::ranges::any_of(group, [&](const std::string& one) { return opens(keys, one); });
    };
    for (auto one = group.begin(); one != group.end() && !opened(); ++one) {
      if (asked_.insert(*one).second) run(*one, keys);
    }
  }
}

void KeyPrograms::run(const std::string& recipient, std::vector<secrets::Identity>& keys) {
  for (const Program& program : programs_) {
    try {
      auto more = keys_of(program.variable, program.command, recipient);
      std::move(more.begin(), more.end(), std::back_inserter(keys));
    } catch (const Error& error) {
      tell_(program.variable + ": " + error.text().reason);
    }
  }
}

}  // namespace hwcsync::cli
