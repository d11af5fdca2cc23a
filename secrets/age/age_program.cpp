#include "secrets/age/age_program.hpp"

#include "secrets/age/piped_program.hpp"
#include "secrets/arena/secret_error.hpp"
#include "src/base/process.hpp"
#include "src/base/text.hpp"

#include <array>
#include <cstdlib>
#include <optional>
#include <utility>

#include <unistd.h>

namespace hwcsync::secrets {
namespace {

constexpr std::string_view kSubject = "an age file";

// Major and minor of "v1.3.1", "1.1.1", "(devel)".
std::optional<std::pair<int, int>> parse_version(std::string_view text) {
  text = trim(text);
  if (text.starts_with('v')) text.remove_prefix(1);
  const auto parts = split(text, '.');
  if (parts.size() < 2) return std::nullopt;
  return std::pair(std::atoi(parts[0].c_str()), std::atoi(parts[1].c_str()));
}

bool is_on_path(const std::string& program) {
  for (const std::string& directory : split(minimal_environment()["PATH"], ':')) {
    if (directory.starts_with('/') && ::access((directory + '/' + program).c_str(), X_OK) == 0) return true;
  }
  return false;
}

// Refuses with what is missing; `what` is read or written.
void require_program(const std::string& name, std::string_view what) {
  const std::pair<int, int> least = name == "pq" ? std::pair(1, 3) : std::pair(1, 1);
  const std::string kind = name == "pq" ? "post-quantum keys" : "keys of the plugin " + name;
  const std::string needs =
      "age " + std::to_string(least.first) + "." + std::to_string(least.second) + " or newer";
  const auto refuse = [&](const std::string& found) {
    throw SecretError(
        SecretFailure::unsupported,
        ErrorText{
            std::string(what), std::string(kSubject), {}, "install it, or add an age1... or SSH recipient"},
        "use " + kind + " without the program " + found);
  };
  if (!is_on_path("age")) refuse(needs + ", which is not on PATH");
  const PipedResult version = run_piped({"age", "--version"}, {}, {});
  const std::string text(reinterpret_cast<const char*>(version.output.data()), version.output.size());
  const auto found = parse_version(text);
  if (!found || *found < least) refuse(needs + "; installed is " + printable(std::string(trim(text))));
  if (name != "pq" && !is_on_path("age-plugin-" + name))
    refuse("age-plugin-" + name + ", which is not on PATH");
}

// The name in age1NAME1...
std::string name_of(const ProgramRecipient& recipient) {
  return recipient.text.substr(4, recipient.text.rfind('1') - 4);
}

// What age tells as its error, without the invitation to report it that follows.
std::string said(const PipedResult& result) {
  constexpr std::string_view kMark = "age: error: ";
  const auto start = result.errors.find(kMark);
  if (start == std::string::npos) return printable(telling_line(result.errors));
  const std::string_view told = std::string_view(result.errors).substr(start + kMark.size());
  return printable(std::string(told.substr(0, told.find('\n'))));
}

// The class of failure by the words that age 1.3 uses. Its payload comes last: what is not known is called
// that.
SecretFailure class_of(std::string_view error) {
  constexpr std::array<std::pair<std::string_view, SecretFailure>, 5> kWords{
      {{"no identity matched", SecretFailure::no_match},
       {"bad header MAC", SecretFailure::hmac_failure},
       {"header", SecretFailure::header_failure},
       {"recipient", SecretFailure::header_failure},
       {"encrypted value", SecretFailure::header_failure}}};
  for (const auto& [words, failure] : kWords) {
    if (error.find(words) != std::string_view::npos) return failure;
  }
  return SecretFailure::payload_failure;
}

}  // namespace

SecureBuffer decrypt_by_program(Bytes file, const ProgramIdentity& identity) {
  require_program(identity.name, "cannot decrypt");
  SecureBuffer line = identity.text.clone();
  line.append('\n');
  PipedResult result = run_piped({"age", "--decrypt", "--identity", "/dev/fd/3"}, file, line.bytes());
  if (result.status == 0) return std::move(result.output);
  const std::string error = said(result);
  throw_undecryptable(class_of(error), kSubject, "the program age says: " + error);
}

std::string encrypt_by_program(Bytes plaintext, std::span<const Recipient> recipients, bool armored) {
  std::vector<std::string> argv{"age", "--encrypt"};
  if (armored) argv.emplace_back("--armor");
  for (const Recipient& recipient : recipients) {
    if (const auto* program = std::get_if<ProgramRecipient>(&recipient))
      require_program(name_of(*program), "cannot encrypt");
    argv.emplace_back("--recipient");
    argv.push_back(to_text(recipient));
  }
  const PipedResult result = run_piped(argv, plaintext, {});
  if (result.status != 0) {
    throw SecretError(SecretFailure::unsupported, ErrorText{"cannot encrypt", std::string(kSubject), {}, {}},
                      "write it; the program age says: " + said(result));
  }
  return {reinterpret_cast<const char*>(result.output.data()), result.output.size()};
}

}  // namespace hwcsync::secrets
