#include "gitops/layout/desired_state.hpp"
#include "secrets/arena/harden.hpp"
#include "secrets/arena/secret_error.hpp"
#include "secrets/identity/identity_file.hpp"
#include "secrets/service/client.hpp"
#include "secrets/vault/generation.hpp"
#include "secrets/vault/source.hpp"
#include "src/base/error.hpp"
#include "src/base/fd.hpp"
#include "src/base/text.hpp"
#include "src/cli/exit_status.hpp"
#include "src/cli/person_keys.hpp"
#include "src/cli/secret_output.hpp"
#include "src/cli/secrets_group.hpp"
#include "src/cli/source.hpp"
#include "src/cli/working_tree.hpp"

#include <algorithm>
#include <cerrno>
#include <filesystem>
#include <iterator>
#include <optional>
#include <utility>

#include <unistd.h>

namespace hwcsync::cli {
namespace fs = std::filesystem;
namespace {

constexpr std::size_t kValueLimit = 16U << 20U;

struct Options {
  std::string name;
  std::string key;
  std::vector<std::string> identities;
};

void show(const secrets::SecureBuffer& value, const std::string& name, Context& context) {
  refuse_binary_on_terminal(value.bytes(), name);
  write_plaintext(value.bytes(), name, context);
}

// An encrypted file, or one value of it.
void show_file(const Options& options, Context& context, const settings::Settings& settings) {
  const std::string ciphertext = read_file(options.name);
  const PersonKeys keys = find_person_keys(options.identities, settings, groups_of(ciphertext));
  const auto format = secrets::detect_source_format(ciphertext, options.name);
  if (!format) {
    throw secrets::SecretError(secrets::SecretFailure::not_encrypted, {"cannot show", options.name, {}, {}},
                               "neither age nor sops");
  }
  try {
    const secrets::PlainSource plain(*format, ciphertext, keys.identities);
    if (options.key.empty()) return show(plain.whole(), options.name, context);
    if (const auto value = plain.value(options.key)) return show(*value, options.name, context);
  } catch (const secrets::SecretError& error) {
    throw secrets::SecretError(error.failure(), {"cannot decrypt", options.name, {}, error.text().hint},
                               error.detail() + unused_keys(keys));
  }
  const auto store = secrets::store_of(*format);
  const auto paths = store ? secrets::list_sops_paths(*store, ciphertext) : std::vector<std::string>{};
  throw UsageError({"cannot show '" + options.key + "' of", options.name,
                    "it has no such value" + suggestion(options.key, paths), ""});
}

// In the view of whoever asks; the service decides and writes it down. nullopt when there is none of that
// name.
std::optional<std::string> find_in_view(const std::string& name, const settings::Settings& settings) {
  const uid_t uid = ::geteuid();
  const std::string path =
      (uid == 0 ? settings.runtime_dir + "/view/0/" : "/run/user/" + std::to_string(uid) + "/secrets/") +
      name;
  std::error_code error;
  return fs::is_regular_file(path, error) ? std::optional(path) : std::nullopt;
}

// What a generation says of a secret names the class: "stacks/app/app.env: MAC mismatch: the values ...".
[[noreturn]] void tell(const std::string& name, std::string said, const std::string& hint) {
  using enum secrets::SecretFailure;
  auto told = no_match;
  for (const auto failure : {header_failure, hmac_failure, no_match, armor_failure, payload_failure,
                             mac_mismatch, not_encrypted, malformed, unsupported}) {
    const std::string words = std::string(secrets::to_string(failure)) + ": ";
    const auto at = said.find(words);
    const bool behind = at != std::string::npos && std::string_view(said).substr(0, at).ends_with(": ");
    if (at != 0 && !behind) continue;
    said.erase(at, words.size());
    told = failure;
    break;
  }
  throw secrets::SecretError(told, {"cannot show", name, {}, hint}, said);
}

// EIO is what the view says of a secret that could not be decrypted; the service knows why.
[[noreturn]] void tell_failure(const std::string& name, const settings::Settings& settings) {
  std::string reason = "the secret service could not decrypt it";
  try {
    const auto status = secrets::SecretServiceClient(settings.runtime_dir + "/secrets").status();
    for (const secrets::FileFact& fact : status.failures) {
      if (fact.uid == ::geteuid() && fact.path == name) reason = fact.reason;
    }
  } catch (const Error&) {
    // Only root is answered.
  }
  tell(name, reason, "hwcsync secrets ls, as root, lists what cannot be decrypted");
}

void show_from_view(const std::string& path, const std::string& name, Context& context,
                    const settings::Settings& settings) {
  try {
    show(secrets::read_secret_file(path, kValueLimit), name, context);
  } catch (const SystemError& error) {
    if (error.code() != EIO) throw;
    tell_failure(name, settings);
  }
}

// The secret as its consumers would see it, from the ciphertexts of a repository.
void show_from_repository(const Options& options, Context& context, const settings::Settings& settings) {
  const Files files = open_files("", context, settings);
  const auto config = stack::read_repository_config(*files.tree);
  layout::LoadCounters counters;
  const auto desired =
      layout::load_desired_state(*files.tree, choose_host(context, settings, config), counters);
  secrets::Manifest manifest = secrets::parse_manifest(desired.manifest_json());
  std::vector<std::string> names;
  for (const secrets::SecretFile& file : manifest.files) names.push_back(file.path);
  std::erase_if(manifest.files, [&](const secrets::SecretFile& file) { return file.path != options.name; });
  if (manifest.files.empty()) {
    throw UsageError({"cannot show", "'" + options.name + "'",
                      "it is no file, no secret of the view, and none of the host '" + desired.host + "'" +
                          suggestion(options.name, names),
                      "hwcsync secrets ls lists them"});
  }
  secrets::Ciphertexts ciphertexts;
  RecipientGroups wanted;
  for (const secrets::SecretFile& file : manifest.files) {
    for (const secrets::Source* source : secrets::sources_of(file)) {
      const auto found = ciphertexts.emplace(source->id, files.tree->read(source->path).value_or("")).first;
      std::ranges::move(groups_of(found->second), std::back_inserter(wanted));
    }
  }
  const PersonKeys keys = find_person_keys(options.identities, settings, wanted);
  const auto generation = secrets::stage(std::move(manifest), ciphertexts, keys.identities);
  const secrets::StagedFile& file = generation->files().front();
  if (!file.readable()) tell(options.name, file.failure + unused_keys(keys), "");
  show(file.content, options.name, context);
}

int cat(const Options& options, Context& context) {
  secrets::harden_process();
  const settings::Settings settings = load_settings(context);
  std::error_code error;
  if (fs::is_regular_file(options.name, error)) {
    show_file(options, context, settings);
    return kDone;
  }
  if (!options.key.empty())
    throw UsageError({"cannot show '" + options.key + "' of", options.name, "there is no such file", ""});
  const bool by_repository = !context.repo.empty() || !options.identities.empty();
  const auto path = by_repository ? std::nullopt : find_in_view(options.name, settings);
  if (path) {
    show_from_view(*path, options.name, context, settings);
  } else {
    show_from_repository(options, context, settings);
  }
  return kDone;
}

}  // namespace

void add_secrets_cat(SecretsGroup& group) {
  auto options = std::make_shared<Options>();
  CLI::App& app = group.add(
      "cat", "write a secret to stdout, as its consumers read it",
      "  hwcsync secrets cat immich/db-password\n"
      "  hwcsync secrets cat --repo ~/config --host server immich/app.toml\n"
      "  hwcsync secrets cat --key postgres/password secrets/db.yaml\n"
      "A name is looked for in your view, which the secret service guards, then in the repository with "
      "your keys.\n",
      options, cat);
  app.add_option("-i,--identity", options->identities,
                 "identity file (default: where sops looks, and this machine's)")
      ->allow_extra_args(false);
  app.add_option("--key", options->key, "of a file: one value, postgres/password or servers/0/name");
  app.add_option("NAME", options->name, "STACK/NAME or UNIT.env, or an encrypted file")->required();
}

}  // namespace hwcsync::cli
