#include "secrets/age/age.hpp"
#include "secrets/arena/harden.hpp"
#include "secrets/vault/source.hpp"
#include "src/base/error.hpp"
#include "src/base/fd.hpp"
#include "src/cli/exit_status.hpp"
#include "src/cli/passphrase.hpp"
#include "src/cli/person_keys.hpp"
#include "src/cli/secret_format.hpp"
#include "src/cli/secret_output.hpp"
#include "src/cli/secrets_group.hpp"
#include "src/cli/source.hpp"

#include <algorithm>

#include <unistd.h>

namespace hwcsync::cli {
namespace {

struct Options {
  std::string file;
  std::string format;
  std::vector<std::string> identities;
};

int decrypt(const Options& options, Context& context) {
  secrets::harden_process();
  const auto& identities = options.identities;
  const std::string& path = options.file;
  if (std::count(identities.begin(), identities.end(), "-") + (path == "-" ? 1 : 0) > 1) {
    throw UsageError({"cannot read standard input", "twice", "'-' can stand for the file or for one identity",
                      "put the other one into a file"});
  }
  // Opened by its path, standard input would be refused where it is a socket or another user's file.
  const std::string ciphertext = path == "-" ? read_all(STDIN_FILENO, "standard input") : read_file(path);
  PersonKeys keys = find_person_keys(identities, load_settings(context), groups_of(ciphertext));
  const std::string name = path == "-" ? "standard input" : path;
  try {
    const secrets::SourceFormat format = format_of_file(ciphertext, options.format, "cannot decrypt", name);
    if (format == secrets::SourceFormat::age && secrets::needs_passphrase(secrets::as_bytes(ciphertext))) {
      if (auto typed = ask_passphrase("Passphrase of " + name + ": "))
        keys.identities.push_back({"what was typed", secrets::PassphraseIdentity{std::move(*typed)}});
    }
    const secrets::PlainSource plain(format, ciphertext, keys.identities);
    write_plaintext(plain.whole().bytes(), name, context);
  } catch (const secrets::SecretError& error) {
    // The formats know what is wrong, not which file it is wrong in.
    throw secrets::SecretError(error.failure(), {"cannot decrypt", name, {}, error.text().hint},
                               error.detail() + unused_keys(keys));
  }
  return kDone;
}

}  // namespace

void add_secrets_decrypt(SecretsGroup& group) {
  auto options = std::make_shared<Options>();
  CLI::App& app = group.add("decrypt", "write the plaintext of a file to stdout",
                            "  hwcsync secrets decrypt secrets/immich.env\n"
                            "  hwcsync secrets decrypt -i ~/.ssh/id_ed25519 secrets/db.yaml\n"
                            "  git show HEAD~2:secrets/db.yaml | hwcsync secrets decrypt -\n",
                            options, decrypt);
  app.add_option("-i,--identity", options->identities,
                 "identity file, '-': stdin (default: where sops looks, and this machine's)")
      ->allow_extra_args(false);
  add_format_option(app, options->format);
  app.add_option("FILE", options->file, "sops (yaml, json, dotenv, ini, binary) or age file; '-': stdin")
      ->required();
}

}  // namespace hwcsync::cli
