#include "gitops/lint/secret_inventory.hpp"
#include "secrets/age/age.hpp"
#include "secrets/age/armor.hpp"
#include "secrets/arena/harden.hpp"
#include "secrets/sops/rekey.hpp"
#include "secrets/vault/readers.hpp"
#include "secrets/vault/source.hpp"
#include "src/base/atomic_file.hpp"
#include "src/base/error.hpp"
#include "src/base/fd.hpp"
#include "src/base/text.hpp"
#include "src/cli/exit_status.hpp"
#include "src/cli/people.hpp"
#include "src/cli/person_keys.hpp"
#include "src/cli/secret_format.hpp"
#include "src/cli/secrets_group.hpp"
#include "src/cli/source.hpp"
#include "src/cli/working_tree.hpp"

#include <algorithm>
#include <cerrno>
#include <filesystem>
#include <iterator>
#include <ostream>
#include <utility>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

namespace hwcsync::cli {
namespace fs = std::filesystem;
namespace {

struct Options {
  std::vector<std::string> files;
  std::vector<std::string> identities;
  std::vector<std::string> recipients;
  std::string format;
  bool dry_run = false;
  bool rotate = false;
};

// A file and for whom it is to be.
struct Target {
  std::string shown;  // as it was named, or below the repository
  std::string path;
  std::vector<std::string> recipients{};
  std::string trouble{};  // why it cannot be rekeyed
};

// What became of it, or would.
struct Result {
  std::string shown;
  std::string action;  // unchanged | rekeyed | refused | failed, or what a dry run foresees: would be ...
  std::vector<std::string> added{};
  std::vector<std::string> removed{};
  std::string reason{};
  int status = kBadInput;  // where it failed
};

constexpr const char* kFailedHere = "failed";
constexpr const char* kRefusedHere = "refused";
constexpr const char* kWouldFail = "would fail";
constexpr const char* kWouldBeRefused = "would be refused";

std::vector<secrets::Recipient> parse_all(const std::vector<std::string>& texts) {
  std::vector<secrets::Recipient> out;
  for (const std::string& text : texts) {
    secrets::Recipient recipient = secrets::parse_recipient(text);
    if (std::find(out.begin(), out.end(), recipient) == out.end()) out.push_back(std::move(recipient));
  }
  return out;
}

// The hosts that use a file say whom it is for. One that says nothing would lose it.
Target target_of(const lint::SecretInventory& inventory, const std::string& root, const std::string& path) {
  Target out{.shown = path, .path = root + '/' + path};
  const auto file = inventory.files.find(path);
  if (file == inventory.files.end()) {
    out.trouble = "it is no encrypted file of the repository";
    return out;
  }
  if (file->second.hosts.empty())
    out.trouble = "no host uses it, so nothing says whom it is for; name them with -r";
  for (const std::string& host : file->second.hosts) {
    if (!inventory.config.hosts.at(host).recipients.empty()) continue;
    out.trouble = "the host '" + host + "' uses it and lists no recipients under hosts." + host +
                  ".recipients of hwcsync.yaml";
  }
  out.recipients = lint::wanted_recipients(inventory, file->second);
  return out;
}

// A stack that cannot be read may use any of the files: its hosts would be locked out of them.
void refuse_unreadable_stacks(const lint::SecretInventory& inventory) {
  for (const lint::Finding& finding : inventory.findings) {
    if (finding.rule != "secret-unusable") continue;
    throw RefusedError({"cannot rekey", "",
                        "the stack '" + finding.stack +
                            "' cannot be read, so that it is not known which files "
                            "its hosts need: " +
                            finding.where.to_string() + ": " + finding.message,
                        "mend it first, or name files and recipients with -r"});
  }
}

// As the shell has it; with --repo, which says where to look, from there on.
std::string path_of(const std::string& named, const Context& context) {
  return context.repo.empty() ? named : (fs::path(context.repo) / named).string();
}

std::vector<Target> targets_of_repository(const Options& options, const Context& context,
                                          const settings::Settings& settings) {
  const Files files = open_files("", context, settings);
  if (files.root.empty()) {
    throw UsageError({"cannot rekey in", "a bare repository", "it has no files to write",
                      "do it in a work tree, and commit"});
  }
  const lint::SecretInventory inventory = lint::take_secret_inventory(*files.tree);
  refuse_unreadable_stacks(inventory);
  if (!context.host.empty()) static_cast<void>(stack::find_host(inventory.config, context.host));
  std::vector<Target> out;
  for (const std::string& named : options.files) {
    std::error_code error;
    const fs::path full = fs::canonical(path_of(named, context), error);
    const std::string below = error ? "" : full.lexically_relative(fs::canonical(files.root)).string();
    Target target =
        below.empty() || below.starts_with("..")
            ? Target{.shown = named,
                     .path = named,
                     .trouble = "it is not there in the repository: looked for " + path_of(named, context)}
            : target_of(inventory, files.root, below);
    out.push_back(std::move(target));
  }
  if (!options.files.empty()) return out;
  for (const auto& [path, file] : inventory.files) {
    const bool wanted = context.host.empty() ? !file.hosts.empty() : file.hosts.contains(context.host);
    if (wanted) out.push_back(target_of(inventory, files.root, path));
  }
  return out;
}

std::vector<Target> targets_of(const Options& options, const Context& context,
                               const settings::Settings& settings) {
  if (options.recipients.empty()) return targets_of_repository(options, context, settings);
  if (options.files.empty())
    throw UsageError({"cannot rekey", "", "-r names recipients, and no file is named", ""});
  std::vector<Target> out;
  for (const std::string& file : options.files)
    out.push_back({.shown = file, .path = path_of(file, context), .recipients = options.recipients});
  return out;
}

class Rekeying {
 public:
  Rekeying(const Options& options, const PersonKeys& keys) : options_(options), keys_(keys) {}

  Result run(const Target& target) const {
    Result out{.shown = target.shown,
               .action = options_.dry_run ? kWouldFail : kFailedHere,
               .reason = target.trouble};
    if (!target.trouble.empty()) return out;
    try {
      rekey(target, out);
    } catch (const RefusedError& error) {
      tell(out, options_.dry_run ? kWouldBeRefused : kRefusedHere, error);
    } catch (const Error& error) {
      tell(out, options_.dry_run ? kWouldFail : kFailedHere, error);
    }
    return out;
  }

 private:
  // The file is as it was: it is replaced as a whole, and last.
  static void tell(Result& out, const char* action, const Error& error) {
    out.action = action;
    // Of the system's errors only the whole says what was being done.
    const auto* system = dynamic_cast<const SystemError*>(&error);
    const bool whole = error.text().reason.empty() || system != nullptr;
    if (system != nullptr && system->code() != ENOENT) out.status = kFailed;
    out.reason = whole ? error.what() : error.text().reason;
    if (!error.text().hint.empty()) out.reason += " (" + error.text().hint + ')';
  }

  void rekey(const Target& target, Result& out) const {
    std::error_code missing;
    const std::string path = fs::canonical(target.path, missing).string();
    if (missing) throw SystemError("cannot rekey", target.shown, missing.value(), "");
    const std::string before = read_file(path);
    const secrets::SourceFormat format =
        format_of_file(before, options_.format, "cannot rekey", target.shown);
    const auto wanted = parse_all(target.recipients);
    compare(format, before, wanted, out);
    const bool hidden = format == secrets::SourceFormat::age;
    if (!hidden && out.added.empty() && out.removed.empty() && !options_.rotate) {
      out.action = "unchanged";
      return;
    }
    require_writable(format, before);
    refuse_lockout(wanted);
    out.action = "would be rekeyed";
    if (hidden) out.reason = "an age file hides whom it is for";
    if (options_.dry_run) return;
    const std::string after = encrypt(format, before, wanted);
    check_same(format, before, after);
    replace(path, after);
    out.action = "rekeyed";
  }

  // Whose entries come and go. Of an age file only SSH keys leave a trace.
  static void compare(secrets::SourceFormat format, const std::string& file,
                      const std::vector<secrets::Recipient>& wanted, Result& out) {
    const auto store = secrets::store_of(format);
    if (!store) return;
    std::vector<std::string> there;
    for (const secrets::KeyGroup& group : secrets::read_sops(*store, file).metadata.groups) {
      for (const secrets::AgeRecipientEntry& entry : group.age) there.push_back(entry.recipient);
    }
    std::vector<bool> stays(there.size(), false);
    for (const secrets::Recipient& recipient : wanted) {
      bool found = false;
      for (std::size_t i = 0; i < there.size(); ++i) {
        const bool same = is(there[i], recipient);
        found = found || same;
        stays[i] = stays[i] || same;
      }
      if (!found) out.added.push_back(secrets::to_short_text(recipient));
    }
    for (std::size_t i = 0; i < there.size(); ++i) {
      if (!stays[i]) out.removed.push_back(short_name(there[i]));
    }
  }

  static bool is(const std::string& text, const secrets::Recipient& recipient) {
    try {
      return secrets::parse_recipient(text) == recipient;
    } catch (const secrets::SecretError&) {
      return false;
    }
  }

  static std::string short_name(const std::string& text) {
    try {
      return secrets::to_short_text(secrets::parse_recipient(text));
    } catch (const secrets::SecretError&) {
      return printable(text);
    }
  }

  // What shows without a key, so that a dry run foresees it.
  static void require_writable(secrets::SourceFormat format, const std::string& file) {
    if (const auto store = secrets::store_of(format)) {
      secrets::require_rekeyable(secrets::read_sops(*store, file).metadata);
    } else if (secrets::needs_passphrase(secrets::as_bytes(file))) {
      throw secrets::SecretError(secrets::SecretFailure::unsupported, {"cannot rekey", "an age file", {}, {}},
                                 "it is for a passphrase and has no recipients");
    }
  }

  // A dry run may have no key at all, and foresees nothing then.
  void refuse_lockout(const std::vector<secrets::Recipient>& wanted) const {
    if (keys_.identities.empty()) return;
    for (const secrets::Identity& identity : keys_.identities) {
      for (const secrets::Recipient& recipient : wanted) {
        if (identity.fits(secrets::to_text(recipient))) return;
      }
    }
    throw RefusedError({"cannot rekey", "",
                        "none of your keys is among the new recipients: you could not read it any more",
                        "add your own recipient to the list, or use -i with a key that is on it"});
  }

  std::string encrypt(secrets::SourceFormat format, const std::string& before,
                      const std::vector<secrets::Recipient>& wanted) const {
    if (const auto store = secrets::store_of(format)) {
      return secrets::rekey_sops(*store, before, keys_.identities, wanted,
                                 options_.rotate ? secrets::DataKey::renewed : secrets::DataKey::kept,
                                 std::chrono::system_clock::now());
    }
    const secrets::Bytes bytes = secrets::as_bytes(before);
    const auto encoding =
        secrets::looks_armored(bytes) ? secrets::AgeEncoding::armored : secrets::AgeEncoding::binary;
    return secrets::encrypt_age(secrets::decrypt_age(bytes, keys_.identities).bytes(), wanted, encoding);
  }

  // What will stand there opens and says the same; only then the old bytes go.
  void check_same(secrets::SourceFormat format, const std::string& before, const std::string& after) const {
    const secrets::PlainSource was(format, before, keys_.identities);
    const secrets::PlainSource is(format, after, keys_.identities);
    if (!secrets::equal(was.whole().bytes(), is.whole().bytes()))
      throw Error({"cannot rekey", "", "the new file would say something else; nothing was written", ""});
  }

  // Nothing here goes by the name: whoever owns the directory may put a link there at any moment.
  static void replace(const std::string& path, const std::string& content) {
    const Fd old = open_file(path, O_RDONLY | O_NOFOLLOW);
    struct stat status {};
    if (::fstat(old.get(), &status) != 0) throw_errno("cannot look at", path);
    AtomicFile file(path, status.st_mode & 0777U);
    // Root does this for somebody; anybody else owns the file or could not give it away.
    if (::geteuid() == 0) file.give_to(status.st_uid, status.st_gid);
    file.write(content);
    file.commit();
  }

  const Options& options_;
  const PersonKeys& keys_;
};

std::string line_of(const Result& result) {
  std::string out = result.shown + ": " + result.action;
  for (const std::string& name : result.added) out += "\n    + " + name;
  for (const std::string& name : result.removed) out += "\n    - " + name;
  if (!result.reason.empty()) out += "\n    " + result.reason;
  return out + '\n';
}

OrderedJson to_json(const std::vector<Result>& results) {
  OrderedJson files = OrderedJson::array();
  for (const Result& result : results) {
    files.push_back({{"path", result.shown},
                     {"action", result.action},
                     {"added", result.added},
                     {"removed", result.removed},
                     {"reason", result.reason}});
  }
  return {{"version", 1}, {"files", files}};
}

// Those of now and those to come: what was written is read again. A dry run asks nobody.
RecipientGroups wanted_by(const std::vector<Target>& targets, const Options& options) {
  RecipientGroups out;
  if (options.dry_run) return out;
  for (const Target& target : targets) {
    if (!target.trouble.empty()) continue;
    try {
      std::ranges::move(groups_of(read_file(target.path)), std::back_inserter(out));
      out.push_back(target.recipients);
    } catch (const SystemError&) {
      // It is told with what becomes of each file.
    }
  }
  return out;
}

int rekey(const Options& options, Context& context) {
  secrets::harden_process();
  const settings::Settings settings = load_settings(context);
  const auto targets = targets_of(options, context, settings);
  const PersonKeys keys = find_person_keys(options.identities, settings, wanted_by(targets, options));
  if (!options.dry_run) require_identity(keys, "cannot rekey");
  const Rekeying rekeying(options, keys);
  std::vector<Result> results;
  for (const Target& target : targets) results.push_back(rekeying.run(target));
  if (context.json) {
    context.out << json_text(to_json(results));
  } else {
    for (const Result& result : results) context.out << line_of(result);
    if (results.empty()) context.err << "no encrypted file is used by a host\n";
  }
  const auto removes = [](const Result& result) {
    return result.action == "rekeyed" && !result.removed.empty();
  };
  if (std::any_of(results.begin(), results.end(), removes)) {
    context.err
        << "who was removed may still know the values, and old commits still open for them: change the "
           "values\n";
  }
  const auto refused = [](const Result& one) {
    return one.action == kRefusedHere || one.action == kWouldBeRefused;
  };
  // What is wrong with a file comes before what is wrong with the machine.
  int failed = kDone;
  for (const Result& one : results) {
    if (one.action == kFailedHere || one.action == kWouldFail) failed = std::max(failed, one.status);
  }
  if (failed != kDone) return failed;
  return std::ranges::any_of(results, refused) ? kRefused : kDone;
}

}  // namespace

void add_secrets_rekey(SecretsGroup& group) {
  auto options = std::make_shared<Options>();
  CLI::App& app =
      group.add("rekey", "encrypt files for a changed list of recipients; no value changes",
                "  hwcsync secrets rekey --dry-run\n"
                "  hwcsync secrets rekey --host server\n"
                "  hwcsync secrets rekey secrets/immich.env\n"
                "  hwcsync secrets rekey -r age1... -r 'ssh-ed25519 AAAA...' --rotate secrets/db.yaml\n"
                "A file is for exactly the recipients that the hosts that use it list in hwcsync.yaml, or "
                "that -r names.\n"
                "A FILE is looked for from the working directory, with --repo from there.\n"
                "The data key of a sops file stays, so that a plan shows no change of values; --rotate makes "
                "a new one.\n",
                options, rekey);
  app.add_option("-r,--recipient", options->recipients,
                 "recipients (default: those of the hosts that use the file)")
      ->allow_extra_args(false);
  app.add_option("-i,--identity", options->identities,
                 "identity file (default: where sops looks, and this machine's)")
      ->allow_extra_args(false);
  add_format_option(app, options->format);
  app.add_flag("--dry-run", options->dry_run,
               "say what would change; needs no key, and foresees a lockout with one");
  app.add_flag("--rotate", options->rotate, "sops: a new data key, and every value encrypted again");
  app.add_option("FILE", options->files, "files (default: all that a host uses, or --host)");
}

}  // namespace hwcsync::cli
