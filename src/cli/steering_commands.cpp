// suspend, resume, retry and accept-rewrite: a word to the daemon each.
#include "src/cli/commands.hpp"
#include "src/cli/control.hpp"
#include "src/cli/exit_status.hpp"
#include "src/cli/source.hpp"

#include <CLI/CLI.hpp>

#include <memory>
#include <ostream>

namespace hwcsync::cli {

Command suspend_command() {
  return {"suspend", "stop deploying until `resume`", "  hwcsync suspend \"moving house\"\n",
          [](CLI::App& app, Context& context) {
            auto reason = std::make_shared<std::string>();
            app.add_option("REASON", *reason, "why, for those who look at the status")->required();
            return [reason, &context] {
              require_daemon(load_settings(context)).suspend(*reason);
              context.err << "suspended; hwcsync resume goes on\n";
              return kDone;
            };
          }};
}

Command resume_command() {
  return {"resume", "deploy again after `suspend`", "  hwcsync resume\n", [](CLI::App&, Context& context) {
            return [&context] {
              require_daemon(load_settings(context)).resume();
              context.err << "resumed\n";
              return kDone;
            };
          }};
}

Command retry_command() {
  return {"retry", "try a revision again that failed or was rolled back",
          "  hwcsync retry\n  hwcsync retry 4f2c1a9\n", [](CLI::App& app, Context& context) {
            auto revision = std::make_shared<std::string>();
            app.add_option("REV", *revision, "default: the newest of the branch");
            return [revision, &context] {
              require_daemon(load_settings(context)).retry(*revision);
              context.err << "will be tried again; hwcsync status shows how it goes\n";
              return kDone;
            };
          }};
}

Command accept_rewrite_command() {
  return {"accept-rewrite", "deploy a revision although the branch was rewritten",
          "  hwcsync accept-rewrite 4f2c1a9\n", [](CLI::App& app, Context& context) {
            auto revision = std::make_shared<std::string>();
            app.add_option("REV", *revision, "the new head of the branch")->required();
            return [revision, &context] {
              require_daemon(load_settings(context)).accept_rewrite(*revision);
              context.err << "accepted; hwcsync status shows how it goes\n";
              return kDone;
            };
          }};
}

}  // namespace hwcsync::cli
