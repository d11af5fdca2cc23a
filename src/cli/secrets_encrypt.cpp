#include "secrets/age/age.hpp"
#include "secrets/arena/harden.hpp"
#include "secrets/identity/identity_file.hpp"
#include "secrets/sops/sops_file.hpp"
#include "secrets/sops/tree_cipher.hpp"
#include "secrets/vault/source.hpp"
#include "src/base/atomic_file.hpp"
#include "src/base/error.hpp"
#include "src/cli/exit_status.hpp"
#include "src/cli/passphrase.hpp"
#include "src/cli/people.hpp"
#include "src/cli/person_keys.hpp"
#include "src/cli/plain_format.hpp"
#include "src/cli/secrets_group.hpp"
#include "src/cli/source.hpp"
#include "src/cli/working_tree.hpp"

#include <algorithm>
#include <array>
#include <filesystem>
#include <optional>
#include <ostream>
#include <tuple>
#include <utility>

#include <sys/stat.h>

namespace hwcsync::cli {
namespace {

constexpr std::size_t kPlaintextLimit = 4U << 20U;

struct Options {
  std::string path;      // plaintext; "-" for stdin
  std::string output;    // empty: stdout
  std::string format{};  // empty: see choose_plain_format()
  std::vector<std::string> recipients;
  secrets::EncryptionRules rules;
  bool mac_only_encrypted = false;
  bool passphrase = false;
};

// What the age program takes: some half a second for each guess.
constexpr int kWorkFactor = 18;

constexpr std::array<std::tuple<const char*, std::string secrets::EncryptionRules::*, const char*>, 6> kRules{
    {{"--encrypted-regex", &secrets::EncryptionRules::encrypted_regex, "sops: encrypt below keys that fit"},
     {"--unencrypted-regex", &secrets::EncryptionRules::unencrypted_regex,
      "sops: all but below keys that fit"},
     {"--encrypted-suffix", &secrets::EncryptionRules::encrypted_suffix, "sops: only below keys that end so"},
     {"--unencrypted-suffix", &secrets::EncryptionRules::unencrypted_suffix,
      "sops: all but below keys that end so (default: _unencrypted)"},
     {"--encrypted-comment-regex", &secrets::EncryptionRules::encrypted_comment_regex,
      "sops: only below comments that fit"},
     {"--unencrypted-comment-regex", &secrets::EncryptionRules::unencrypted_comment_regex,
      "sops: all but below comments that fit"}}};

std::optional<secrets::SopsStore> sops_store(const std::string& format) {
  if (format == "yaml") return secrets::SopsStore::yaml;
  if (format == "json") return secrets::SopsStore::json;
  if (format == "dotenv") return secrets::SopsStore::dotenv;
  if (format == "ini") return secrets::SopsStore::ini;
  if (format == "binary") return secrets::SopsStore::binary;
  return std::nullopt;
}

// Those of -r, else those that the host lists in the repository.
std::vector<secrets::Recipient> recipients_of(const Options& options, const Context& context) {
  std::vector<secrets::Recipient> out;
  for (const std::string& text : options.recipients) out.push_back(secrets::parse_recipient(text));
  if (!out.empty()) return out;
  if (context.host.empty()) {
    throw UsageError({"cannot encrypt", options.path, "nobody is named who may read it",
                      "name them with -r RECIPIENT, or a host of the repository with --host NAME"});
  }
  const Files files = open_files("", context, load_settings(context));
  const auto config = stack::read_repository_config(*files.tree);
  for (const std::string& text : stack::find_host(config, context.host).recipients)
    out.push_back(secrets::parse_recipient(text));
  if (!out.empty()) return out;
  throw UsageError({"cannot encrypt for the host", context.host, "it lists no recipients",
                    "list them in hwcsync.yaml under hosts." + context.host + ".recipients"});
}

secrets::Metadata metadata_of(const Options& options) {
  secrets::Metadata out = secrets::new_metadata(std::chrono::system_clock::now());
  for (const auto& [name, rule, words] : kRules) {
    if ((options.rules.*rule).empty()) continue;
    out.rules = {};
    out.rules.*rule = options.rules.*rule;
  }
  if (options.mac_only_encrypted) out.mac_scope = secrets::MacScope::encrypted_values;
  return out;
}

// What a rule leaves in clear must not be everything: the file would look encrypted.
void check_rules(const Options& options) {
  if (options.format != "binary" && options.format != "age") return;
  for (const auto& [name, rule, words] : kRules) {
    if ((options.rules.*rule).empty()) continue;
    throw UsageError({"cannot use " + std::string(name) + " with", "the format " + options.format,
                      "there are no keys in such a file: it is encrypted as a whole",
                      "leave the rule out, or say with --format what the file is"});
  }
}

std::string encrypt_values(const Options& options, secrets::SopsStore store, secrets::Bytes plain,
                           const std::vector<secrets::Recipient>& recipients) {
  const secrets::Metadata metadata = metadata_of(options);
  const bool chosen = std::ranges::any_of(
      kRules, [&](const auto& rule) { return !(options.rules.*std::get<1>(rule)).empty(); });
  if (chosen && secrets::find_clear_values(secrets::read_plain(store, plain), metadata).empty()) {
    throw UsageError({"cannot encrypt", options.path, "the rule leaves every value in clear",
                      "name the keys as they are in the file: --encrypted-regex '^password$'"});
  }
  return secrets::encrypt_sops(store, secrets::read_plain(store, plain), recipients, metadata);
}

void require_age(const Options& options) {
  if (options.format == "age") return;
  throw UsageError(
      {"cannot encrypt to a passphrase", options.path, "a sops file is for keys only", "add --format age"});
}

// Typed twice on the terminal; a pipe or an argument would leave it somewhere.
secrets::PassphraseIdentity new_passphrase() {
  const auto ask = [](std::string_view prompt) {
    if (auto typed = ask_passphrase(prompt)) return std::move(*typed);
    throw UsageError({"cannot ask for", "a passphrase", "there is no terminal",
                      "run it on one, or name recipients with -r"});
  };
  secrets::SecureBuffer first = ask("New passphrase: ");
  if (first.size() == 0)
    throw UsageError({"cannot encrypt to", "a passphrase", "nothing was typed", "type one"});
  const secrets::SecureBuffer again = ask("The same again: ");
  if (!secrets::equal(first.bytes(), again.bytes()))
    throw UsageError({"cannot encrypt to", "a passphrase", "the two are not the same", "try again"});
  return {std::move(first)};
}

bool to_stdout(const Options& options) {
  return options.output.empty() || options.output == "-" || options.output == "/dev/stdout";
}

// A rename would put a file in the place of a device or a link.
void check_output(const Options& options) {
  struct stat status {};
  if (to_stdout(options) || ::lstat(options.output.c_str(), &status) != 0 || S_ISREG(status.st_mode)) return;
  const bool link = S_ISLNK(status.st_mode);
  throw UsageError({"cannot write to", options.output,
                    link ? "it is a symbolic link" : "it is no regular file",
                    link ? "name the file that it leads to" : "standard output is: -o -"});
}

secrets::SecureBuffer read_plaintext(const Options& options) {
  secrets::SecureBuffer out = secrets::read_secret_file(or_stdin(options.path), kPlaintextLimit);
  if (!std::filesystem::is_regular_file(options.path) && out.size() == 0 && !to_stdout(options) &&
      std::filesystem::exists(options.output)) {
    throw UsageError({"cannot encrypt", options.path == "-" ? std::string("standard input") : options.path,
                      "nothing came, and " + options.output + " would lose what it holds",
                      "if an empty one is meant, remove it first"});
  }
  return out;
}

// The name decides how a JSON file of sops is read where it holds the one key of a binary file
// (secrets/vault/source).
void check_reads_back(const Options& options, secrets::SopsStore store, std::string_view text) {
  const bool whole = store == secrets::SopsStore::binary;
  if (to_stdout(options) || (!whole && store != secrets::SopsStore::json)) return;
  const auto read = secrets::detect_source_format(text, options.output);
  if (read && secrets::store_of(*read) == store) return;
  throw UsageError({"cannot write", options.output,
                    whole
                        ? "a file that is encrypted as a whole is read back as JSON under this name"
                        : "JSON with nothing but the key 'data' is read back as the value of that key under "
                          "this name",
                    "call it " + options.output + (whole ? ".enc" : ".json")});
}

struct Encrypted {
  std::string format;
  std::string text;
};

Encrypted encrypt_file(Options options, const Context& context) {
  constexpr auto kArmored = secrets::AgeEncoding::armored;
  if (options.passphrase) {
    require_age(options);
    const secrets::SecureBuffer plain = read_plaintext(options);
    return {options.format, secrets::encrypt_age(plain.bytes(), new_passphrase(), kArmored, kWorkFactor)};
  }
  const auto recipients = recipients_of(options, context);
  const secrets::SecureBuffer plain = read_plaintext(options);
  if (options.format.empty()) {
    options.format =
        choose_plain_format(options.path, to_stdout(options) ? "" : options.output, plain.bytes());
    check_rules(options);
  }
  if (const auto store = sops_store(options.format)) {
    std::string text = encrypt_values(options, *store, plain.bytes(), recipients);
    check_reads_back(options, *store, text);
    return {options.format, std::move(text)};
  }
  return {options.format, secrets::encrypt_age(plain.bytes(), recipients, kArmored)};
}

int encrypt(const Options& options, Context& context) {
  secrets::harden_process();
  check_rules(options);
  check_output(options);
  const auto [format, text] = encrypt_file(options, context);
  OrderedJson answer{{"version", 1}, {"format", format}, {"output", options.output}};
  if (to_stdout(options)) {
    answer["content"] = text;
    if (!context.json) context.out << text;
  } else {
    AtomicFile file(options.output, 0644);
    file.write(text);
    file.commit();
  }
  if (context.json) context.out << json_text(answer);
  if (options.format.empty()) context.err << "encrypted as " << format << "; --format names another\n";
  return kDone;
}

}  // namespace

void add_secrets_encrypt(SecretsGroup& group) {
  auto options = std::make_shared<Options>();
  CLI::App& app =
      group.add("encrypt", "encrypt a file",
                "  hwcsync secrets encrypt --host server -o secrets/immich.env immich.plain\n"
                "  hwcsync secrets encrypt -r age1... --format yaml --encrypted-regex '^(data|password)$' "
                "-o secrets/db.yaml db.yaml\n"
                "  hwcsync secrets encrypt --passphrase --format age -o backup.age backup.key\n"
                "  pwgen -s 40 1 | hwcsync secrets encrypt -r age1... --format age -o secrets/token.age -\n",
                options, encrypt);
  CLI::Option* recipients =
      app.add_option("-r,--recipient", options->recipients,
                     "age1..., ssh-ed25519 ... or ssh-rsa ... (default: those of --host in hwcsync.yaml)")
          ->allow_extra_args(false);
  app.add_flag("--passphrase", options->passphrase,
               "age: to a passphrase that is asked for on the terminal; nothing but `secrets decrypt` and "
               "age open it")
      ->excludes(recipients);
  app.add_option("--format", options->format,
                 "yaml, json, dotenv, ini, binary (sops) or age (default: what the name says, else binary)")
      ->check(CLI::IsMember({"yaml", "json", "dotenv", "ini", "binary", "age"}));
  app.add_option("-o,--output", options->output, "where to write (default, and '-': stdout)");
  // sops knows one rule a file.
  std::vector<CLI::Option*> rules;
  for (const auto& [name, rule, words] : kRules) {
    CLI::Option* option = app.add_option(name, options->rules.*rule, words);
    for (CLI::Option* other : rules) option->excludes(other);
    rules.push_back(option);
  }
  app.add_flag("--mac-only-encrypted", options->mac_only_encrypted,
               "sops: values in clear may change without sops");
  app.add_option("FILE", options->path, "plaintext; '-': stdin")->required();
}

}  // namespace hwcsync::cli
