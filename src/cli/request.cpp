#include "src/cli/request.hpp"

#include "gitops/history/run_directory.hpp"
#include "gitops/source/fetch.hpp"
#include "gitops/source/repository.hpp"
#include "src/base/error.hpp"
#include "src/cli/people.hpp"
#include "src/cli/progress.hpp"
#include "src/daemon/worker_starter.hpp"

#include <cstdlib>
#include <iostream>
#include <ostream>

#include <pwd.h>
#include <unistd.h>

namespace hwcsync::cli {

void require_root(const std::string& what) {
  if (::geteuid() == 0) return;
  throw RefusedError({"cannot " + what, "", "only root may change the system",
                      "use sudo, or let the daemon do it: hwcsync sync"});
}

void fetch_newest(const settings::Settings& settings) {
  if (settings.repository.url.empty()) return;
  (void)git::Repository::init_bare(settings.mirror());
  SystemProcessRunner runner;
  try {
    git::fetch(runner, {.mirror = settings.mirror(),
                        .remote = settings.repository.url,
                        .deadline = settings.deadlines.fetch,
                        .scratch = settings.state_dir + "/git"});
  } catch (const Error& error) {
    std::cerr << "hwcsync: " << error.what() << "; going on with what is known\n";
  }
}

std::string user_name() {
  if (const char* sudo = std::getenv("SUDO_USER"); sudo != nullptr) return sudo;
  const passwd* entry = ::getpwuid(::getuid());
  return entry != nullptr ? entry->pw_name : std::to_string(::getuid());
}

int run_and_follow(const settings::Settings& settings, history::Request request, Context& context) {
  const auto run = history::RunDirectory::allocate(settings.state_dir, std::move(request));
  SystemProcessRunner runner;
  daemon::WorkerStarter(runner, settings::settings_path(context.config)).start(run.id());
  context.err << "run " << run.id() << '\n';
  SystemClock clock;
  const int status = follow_run(settings.state_dir, settings.runtime_dir, run.id(), context.err, clock);
  if (context.json) {
    const auto journal = history::read_journal(run.journal_path());
    context.out << json_text(
        {{"version", 1},
         {"run", run.id()},
         {"state", journal.empty() ? "" : std::string(history::state_name(journal.back().state))},
         {"detail", journal.empty() ? Json::object() : journal.back().detail},
         {"exit_status", status}});
  }
  return status;
}

}  // namespace hwcsync::cli
