#include "secrets/service/client.hpp"
#include "src/base/error.hpp"
#include "src/cli/commands.hpp"
#include "src/cli/exit_status.hpp"
#include "src/cli/people.hpp"
#include "src/cli/secret_files.hpp"
#include "src/cli/source.hpp"

#include <CLI/CLI.hpp>

#include <memory>
#include <ostream>

namespace hwcsync::cli {
namespace {

struct Options {
  std::string file;
  std::string output;
  std::string format = "dotenv";
  std::vector<std::string> identities;
  std::vector<std::string> recipients;
  std::string stack;
  std::size_t limit = 50;
  unsigned uid = 0;
};

secrets::SecretServiceClient connect(const Context& context) {
  return secrets::SecretServiceClient(load_settings(context).runtime_dir + "/secrets");
}

int list(Context& context) {
  auto service = connect(context);
  const secrets::ServiceStatus status = service.status();
  if (context.json) {
    OrderedJson views = OrderedJson::array();
    for (const secrets::ViewStatus& view : status.views) {
      views.push_back({{"uid", view.uid},
                       {"path", view.path},
                       {"bound", view.bound},
                       {"files", view.files},
                       {"problem", view.problem}});
    }
    OrderedJson failures = OrderedJson::array();
    for (const secrets::FileFact& fact : status.failures) {
      failures.push_back({{"stack", fact.stack}, {"name", fact.name}, {"reason", fact.reason}});
    }
    context.out << OrderedJson{{"version", 1},
                               {"generation", status.generation},
                               {"recorded", status.recorded},
                               {"problem", status.problem},
                               {"views", views},
                               {"failures", failures},
                               {"recipients", status.recipients},
                               {"audit", {{"opens", status.audit.opens}, {"denials", status.audit.denials}}}}
                       .dump(2)
                << '\n';
    return kDone;
  }
  context.out << "generation  " << (status.generation.empty() ? "none" : status.generation.substr(0, 12))
              << '\n';
  if (!status.problem.empty()) context.out << "problem     " << status.problem << '\n';
  for (const secrets::ViewStatus& view : status.views) {
    context.out << "view        uid " << view.uid << ": " << count_files(view.files) << " in "
                << (view.bound.empty() ? view.path : view.bound);
    if (!view.problem.empty()) context.out << " (" << view.problem << ')';
    context.out << '\n';
  }
  for (const secrets::FileFact& fact : status.failures) {
    context.out << "unreadable  " << fact.stack << '/' << fact.name << ": " << fact.reason << '\n';
  }
  for (const std::string& problem : status.identity_problems)
    context.out << "identity    " << problem << '\n';
  context.out << "audit       " << status.audit.opens << " opened, " << status.audit.denials << " refused\n";
  return kDone;
}

int audit(const Options& options, Context& context) {
  auto service = connect(context);
  secrets::AuditQuery query{.limit = options.limit};
  if (!options.stack.empty()) query.stack = options.stack;
  const auto records = service.audit(query);
  if (context.json) {
    Json rows = Json::array();
    for (const secrets::AuditRecord& record : records) rows.push_back(secrets::to_json(record));
    context.out << Json{{"version", 1}, {"records", rows}}.dump(2) << '\n';
    return kDone;
  }
  Table table;
  for (const secrets::AuditRecord& record : records) {
    table.add({format_time(record.time), std::string(secrets::to_string(record.op)), record.path,
               "uid " + std::to_string(record.uid), record.exe, record.unit, record.result});
  }
  context.out << table.text();
  return kDone;
}

int mount(const Options& options, Context& context) {
  auto service = connect(context);
  SystemClock clock;
  const secrets::ViewStatus view =
      secrets::wait_for_view(service, options.uid, std::chrono::seconds(60), clock);
  context.err << "view of uid " << view.uid << " at " << (view.bound.empty() ? view.path : view.bound)
              << '\n';
  return kDone;
}

using Body = int (*)(const Options&, Context&);

// A sub-command of `secrets`: its options are its own, and it runs `body`.
CLI::App* add(CLI::App& app, const char* name, const char* summary,
              std::shared_ptr<std::function<int()>> chosen, std::shared_ptr<Options> options,
              Context& context, Body body) {
  CLI::App* sub = app.add_subcommand(name, summary);
  sub->fallthrough();
  sub->final_callback([chosen, options, &context, body] {
    *chosen = [options, &context, body] { return body(*options, context); };
  });
  return sub;
}

}  // namespace

Command secrets_command() {
  return {
      "secrets", "list, decrypt and encrypt secrets; who read what",
      "  hwcsync secrets ls\n"
      "  hwcsync secrets audit --stack immich\n"
      "  hwcsync secrets decrypt -i ~/.ssh/id_ed25519 secrets/immich.env\n"
      "  hwcsync secrets encrypt -r age1... --format dotenv -o secrets/immich.env immich.plain\n",
      [](CLI::App& app, Context& context) {
        auto options = std::make_shared<Options>();
        auto chosen = std::make_shared<std::function<int()>>();
        app.require_subcommand(1);
        add(app, "ls", "what the secret service shows, and what it cannot", chosen, options, context,
            [](const Options&, Context& where) { return list(where); });
        CLI::App* log = add(app, "audit", "who read what, newest first", chosen, options, context, audit);
        log->add_option("--stack", options->stack, "only this stack");
        log->add_option("-n,--limit", options->limit, "how many (default 50)");
        CLI::App* wait =
            add(app, "mount", "wait until the view of a user answers", chosen, options, context, mount);
        wait->add_option("--wait", options->uid, "uid of the user")->required();
        CLI::App* decrypt = add(app, "decrypt", "write the plaintext of a file ('-': stdin) to stdout",
                                chosen, options, context, [](const Options& given, Context& where) {
                                  return decrypt_file(given.file, given.identities, load_settings(where));
                                });
        decrypt->add_option("-i,--identity", options->identities,
                            "identity file, '-': stdin (default: this machine's)");
        decrypt->add_option("FILE", options->file, "sops (yaml, json, dotenv, ini, binary) or age file")
            ->required();
        CLI::App* encrypt =
            add(app, "encrypt", "encrypt a file ('-': stdin)", chosen, options, context,
                [](const Options& given, Context& where) {
                  return encrypt_file({given.file, given.output, given.format, given.recipients}, where.out);
                });
        encrypt->add_option("-r,--recipient", options->recipients, "age1..., ssh-ed25519 ... or ssh-rsa ...")->required();
        encrypt->add_option("--format", options->format, "yaml, json, dotenv, binary (sops) or age")
            ->check(CLI::IsMember({"yaml", "json", "dotenv", "binary", "age"}));
        encrypt->add_option("-o,--output", options->output, "where to write (default stdout)");
        encrypt->add_option("FILE", options->file, "plaintext")->required();
        return [chosen] { return (*chosen)(); };
      }};
}

}  // namespace hwcsync::cli
