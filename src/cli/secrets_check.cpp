#include "gitops/lint/lint.hpp"
#include "gitops/lint/secret_inventory.hpp"
#include "secrets/arena/harden.hpp"
#include "secrets/arena/secret_error.hpp"
#include "secrets/vault/readers.hpp"
#include "secrets/vault/source.hpp"
#include "src/base/text.hpp"
#include "src/cli/exit_status.hpp"
#include "src/cli/people.hpp"
#include "src/cli/person_keys.hpp"
#include "src/cli/secrets_group.hpp"
#include "src/cli/source.hpp"
#include "src/cli/working_tree.hpp"

#include <algorithm>
#include <iterator>
#include <ostream>

namespace hwcsync::cli {
namespace {

struct Options {
  std::string directory;
  std::vector<std::string> identities;
};

// A file as the report shows it.
struct Row {
  std::string path;
  std::string format;
  std::vector<std::string> readers;
  std::vector<std::string> hosts;
  std::vector<std::string> used_by;
  std::string you;  // yes | no | "" without a key
};

// Opens every file that one of the keys opens: only that shows whether it is whole.
std::string try_keys(const PersonKeys& keys, const std::string& path, const lint::SecretSourceFile& file,
                     std::vector<lint::Finding>& findings) {
  if (keys.identities.empty()) return "";
  try {
    static_cast<void>(secrets::PlainSource(file.format, file.content, keys.identities));
    return "yes";
  } catch (const secrets::SecretError& error) {
    using secrets::SecretFailure;
    const auto failure = error.failure();
    if (failure == SecretFailure::no_match || failure == SecretFailure::unsupported) return "no";
    // What shows without a key has been told.
    if (failure == SecretFailure::mac_mismatch || failure == SecretFailure::payload_failure ||
        failure == SecretFailure::hmac_failure) {
      // What shows without a key is to be mended in a file that is whole, and this one cannot be edited.
      std::erase_if(findings, [&](const lint::Finding& one) {
        return one.rule == "secret-broken" && one.where.file == path;
      });
      findings.push_back({"secret-broken",
                          stack::Severity::error,
                          {path, 0, 0},
                          {},
                          {},
                          "the file opens with your key and is not whole: " + error.text().reason,
                          "restore it from a good commit"});
    }
    return "no";
  }
}

Row row_of(const std::string& path, const lint::SecretSourceFile& file) {
  Row out{.path = path,
          .format = std::string(secrets::to_string(file.format)),
          .readers = {},
          .hosts = {file.hosts.begin(), file.hosts.end()},
          .used_by = {file.used_by.begin(), file.used_by.end()},
          .you = {}};
  try {
    out.readers = secrets::Readers(file.format, file.content).names();
  } catch (const secrets::SecretError&) {
    // A finding tells why.
  }
  return out;
}

std::string text_of(const std::vector<Row>& rows) {
  Table table;
  if (!rows.empty())
    table.add({"file", "for hosts", "used by", "readable by", rows.front().you.empty() ? "" : "you"});
  for (const Row& row : rows)
    table.add({row.path, join(row.hosts, ", "), join(row.used_by, ", "), join(row.readers, ", "), row.you});
  return table.text();
}

OrderedJson json_of(const std::vector<Row>& rows, const std::vector<lint::Finding>& findings) {
  OrderedJson out = lint::to_json(findings);
  out["files"] = OrderedJson::array();
  for (const Row& row : rows) {
    OrderedJson one{{"path", row.path},       {"format", row.format},   {"hosts", row.hosts},
                    {"used_by", row.used_by}, {"readers", row.readers}, {"you", nullptr}};
    if (!row.you.empty()) one["you"] = row.you == "yes";
    out["files"].push_back(std::move(one));
  }
  return out;
}

int check(const Options& options, Context& context) {
  secrets::harden_process();
  const settings::Settings settings = load_settings(context);
  const Files files = open_files(options.directory, context, settings);
  lint::SecretInventory inventory = lint::take_secret_inventory(*files.tree);
  if (!context.host.empty()) {
    // Of the other hosts nothing is asked.
    static_cast<void>(stack::find_host(inventory.config, context.host));
    for (auto& [path, file] : inventory.files)
      std::erase_if(file.hosts, [&](const std::string& host) { return host != context.host; });
  }
  RecipientGroups wanted;
  for (const auto& [path, file] : inventory.files)
    std::ranges::move(groups_of(file.content), std::back_inserter(wanted));
  const PersonKeys keys = find_person_keys(options.identities, settings, wanted);
  std::vector<lint::Finding> findings = lint::check_secrets(inventory);
  std::vector<Row> rows;
  for (const auto& [path, file] : inventory.files) {
    rows.push_back(row_of(path, file));
    rows.back().you = try_keys(keys, path, file, findings);
  }
  if (context.json) {
    context.out << json_text(json_of(rows, findings));
  } else {
    const auto errors =
        static_cast<std::size_t>(std::count_if(findings.begin(), findings.end(), [](const auto& one) {
          return one.severity == stack::Severity::error;
        }));
    context.out << lint::to_text(findings) << (findings.empty() ? "" : "\n") << text_of(rows)
                << count_of(rows.size(), "encrypted file") << ": " << count_of(errors, "error") << ", "
                << count_of(findings.size() - errors, "warning") << '\n';
    for (const auto& [name, host] : inventory.config.hosts) {
      if (!host.recipients.empty()) continue;
      context.err << "the host '" << name
                  << "' lists no recipients in hwcsync.yaml: whether it can decrypt its "
                  << "secrets is not checked\n";
    }
  }
  return findings.empty() ? kDone : kDifferences;
}

}  // namespace

void add_secrets_check(SecretsGroup& group) {
  auto options = std::make_shared<Options>();
  CLI::App& app = group.add("check", "who can decrypt what; unused, missing, broken and unencrypted secrets",
                            "  hwcsync secrets check\n"
                            "  hwcsync secrets check --host server --json ~/config\n"
                            "It exits with 2 when it finds something. No value is ever shown.\n",
                            options, check);
  app.add_option("-i,--identity", options->identities,
                 "identity file (default: where sops looks, and this machine's)")
      ->allow_extra_args(false);
  app.add_option("DIR", options->directory, "config repository (default: here)");
}

}  // namespace hwcsync::cli
