#include "gitops/apply/network_prober.hpp"
#include "gitops/apply/nix_renderer.hpp"
#include "gitops/apply/nixos_builder.hpp"
#include "gitops/apply/podman_runtime.hpp"
#include "gitops/apply/secret_service_adapter.hpp"
#include "gitops/apply/systemd_manager.hpp"
#include "gitops/apply/worker.hpp"
#include "gitops/history/run_directory.hpp"
#include "secrets/service/client.hpp"
#include "src/base/log.hpp"
#include "src/cli/commands.hpp"
#include "src/cli/request.hpp"
#include "src/cli/source.hpp"

#include <CLI/CLI.hpp>

#include <atomic>
#include <csignal>
#include <memory>

namespace hwcsync::cli {
namespace {

std::atomic<bool> stop_asked{false};

// The host of a run is the one that its request names; a recovery asks for none.
std::string host_of(const settings::Settings& settings, history::RunId run) {
  const auto request = history::RunDirectory::open(settings.state_dir, run).request();
  return request && !request->host.empty() ? request->host : settings.host;
}

int work(history::RunId run, Context& context) {
  const settings::Settings settings = load_settings(context);
  set_log_level(settings.log_level);
  require_root("work on a run");
  std::signal(SIGTERM, [](int) { stop_asked = true; });
  std::signal(SIGINT, [](int) { stop_asked = true; });

  const std::string host = host_of(settings, run);
  SystemClock clock;
  SystemProcessRunner runner;
  apply::SystemdManager system(runner);
  apply::PodmanRuntime containers(runner);
  apply::NixosBuilder builder(
      runner, {.nixos_rebuild = settings.nixos_rebuild, .roots = settings.state_dir + "/gcroots"});
  secrets::SecretServiceClient client(settings.runtime_dir + "/secrets");
  apply::SecretServiceAdapter secret_service(client, host);
  apply::NixRenderer renderer(runner, settings.runtime_dir);
  apply::NetworkProber prober(runner,
                              {.mirror = settings.mirror(),
                               .remote = settings.repository.url,
                               .deadline = settings.deadlines.fetch,
                               .scratch = settings.state_dir + "/git"},
                              settings.repository.branch);
  const bool check_remote = settings.health.check_remote && !settings.repository.url.empty();
  const apply::WorkerContext worker{
      .host = host,
      .machine = machine_name(),
      .state_dir = settings.state_dir,
      .runtime_dir = settings.runtime_dir,
      .remote_check = check_remote ? apply::RemoteCheck::required : apply::RemoteCheck::skipped,
      .health = {.settle = settings.health.settle, .timeout = settings.health.timeout},
      .deadlines = {.build = settings.deadlines.build,
                    .activation = settings.deadlines.switching,
                    .pull = settings.deadlines.pull},
      .clock = clock,
      .system = system,
      .containers = containers,
      .builder = builder,
      .secrets = secret_service,
      .renderer = renderer,
      .prober = prober,
      .stop_requested = [] { return stop_asked.load(); },
      .on_journal =
          [](const history::JournalLine& line) {
            log(LogLevel::info, "state", {{"state", std::string(history::state_name(line.state))}});
          }};
  return history::exit_status(apply::run_worker(worker, run));
}

}  // namespace

Command worker_command() {
  return {"worker", "carry out one run (started by hwcsync itself)", "",
          [](CLI::App& app, Context& context) {
            auto run = std::make_shared<history::RunId>(0);
            app.add_option("RUN", *run, "number of the run")->required();
            return [run, &context] { return work(*run, context); };
          },
          true};
}

}  // namespace hwcsync::cli
