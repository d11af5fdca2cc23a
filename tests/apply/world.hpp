#pragma once

#include "gitops/apply/activation_record.hpp"
#include "gitops/apply/deployment.hpp"
#include "gitops/apply/worker.hpp"
#include "gitops/history/database.hpp"
#include "gitops/history/deployed.hpp"
#include "gitops/history/run_directory.hpp"
#include "tests/support/fake_clock.hpp"
#include "tests/support/fake_machine.hpp"
#include "tests/support/git_fixture.hpp"

#include <string>
#include <vector>

namespace hwcsync::apply {

// A host `server` with a real configuration repository, a real mirror and an imaginary machine.
class World {
 public:
  static constexpr const char* kConfig = R"(version: 1
defaults: { style: compose, user: homelab }
hosts:
  server:
    flake: "#server"
    stacks: [photos, tickets]
    users: { homelab: { uid: 1000, sub-ids: 100000 } }
)";

  World() {
    git.write("hwcsync.yaml", kConfig);
    git.write("flake.nix", "{ }\n");
    git.write("README.md", "hello\n");
    image("photos", "docker.io/library/photos:1");
    image("tickets", "docker.io/library/tickets:1");
    std::filesystem::create_directory(state_dir());
    machine.content_of = [this](const std::string& generated) { return content_of(generated); };
  }

  [[nodiscard]] std::string state_dir() const { return git.path() + "/state"; }
  [[nodiscard]] std::string mirror() const { return state_dir() + "/mirror.git"; }

  void image(const std::string& stack, const std::string& name) {
    git.write("stacks/" + stack + "/compose.yaml", "services:\n  web:\n    image: " + name + "\n");
  }

  // Commits what was written and brings the mirror up to date.
  std::string commit(const std::string& message) {
    const std::string id = git.commit(message);
    (void)git::Repository::init_bare(mirror());
    git.git({"--git-dir", mirror(), "fetch", "--quiet", git.bare(), "+refs/heads/*:refs/remotes/origin/*"});
    return id;
  }

  WorkerContext context() {
    return {.host = "server",
            .machine = "server",
            .state_dir = state_dir(),
            .runtime_dir = git.path() + "/run",
            .remote_check = RemoteCheck::required,
            .health = {.settle = std::chrono::seconds(5), .timeout = std::chrono::seconds(30)},
            .deadlines = {},
            .clock = clock,
            .system = system,
            .containers = containers,
            .builder = builder,
            .secrets = secrets,
            .renderer = renderer,
            .prober = prober,
            .stop_requested = [this] { return stop; },
            .on_journal =
                [this](const history::JournalLine& line) {
                  // A place where a worker can die, as good as any.
                  if (journal_kill != 0 && ++journal_lines == journal_kill) throw test::Killed{};
                  states.push_back(std::string(history::state_name(line.state)));
                }};
  }

  history::RunDirectory request(const std::string& to, history::Request more = {}) {
    more.host = "server";
    more.to = to;
    return history::RunDirectory::allocate(state_dir(), more);
  }
  history::Outcome apply(const std::string& to, history::Request more = {}) {
    const auto run = request(to, std::move(more));
    last = run.id();
    states.clear();
    machine.calls.clear();
    return run_worker(context(), run.id());
  }

  [[nodiscard]] std::vector<history::JournalLine> journal(history::RunId id) const {
    return history::read_journal(history::RunDirectory::open(state_dir(), id).journal_path());
  }
  [[nodiscard]] int terminal_lines(history::RunId id) const {
    int count = 0;
    for (const auto& line : journal(id)) count += history::is_terminal(line.state) ? 1 : 0;
    return count;
  }
  [[nodiscard]] std::optional<git::ObjectId> ref(const std::string& name) const {
    return git::Repository(mirror()).read_ref(name);
  }
  [[nodiscard]] std::string deployed_revision() const {
    const git::Repository repository(mirror());
    const auto id = repository.read_ref(git::deployed_ref("server"));
    return id ? repository.commit(*id).parents.front().hex() : "";
  }
  [[nodiscard]] history::RunRow row(history::RunId id) const {
    return history::Database::open(state_dir()).find(id).value_or(history::RunRow{});
  }

  // All that must move together, in one line.
  [[nodiscard]] std::string stand() const {
    std::string out =
        machine.current + '|' + machine.profile + '|' + machine.secrets + '|' + deployed_revision();
    for (const auto& one : machine.containers) out += '|' + one.name + '=' + one.state + one.health;
    return out;
  }

  test::GitFixture git;
  test::FakeMachine machine;
  test::FakeClock clock;
  test::FakeSystemManager system{machine};
  test::FakeContainerRuntime containers{machine};
  test::FakeSystemBuilder builder{machine};
  test::FakeSecretService secrets{machine};
  test::FakeVerifier renderer{machine};
  test::FakeProber prober{machine};
  bool stop = false;
  int journal_kill = 0;
  int journal_lines = 0;
  std::vector<std::string> states;
  history::RunId last = 0;

 private:
  // What the revision asks for, running; an image named "crash" exits, "ill" is unhealthy, and the unit of
  // one named "fail" fails.
  test::SystemContent content_of(const std::string& generated) const {
    const git::Repository repository(mirror());
    layout::LoadCounters counters;
    const auto desired =
        layout::load_desired_state(repository.tree(*git::ObjectId::parse(generated)), "server", counters);
    test::SystemContent out;
    for (const auto& [name, stack] : desired.stacks) {
      for (const auto& [service_name, service] : stack.project.services) {
        const bool crashes = service.image.find("crash") != std::string::npos;
        out.containers.push_back({.name = stack.container(service),
                                  .stack = name,
                                  .account = account_of(stack),
                                  .state = crashes ? "exited" : "running",
                                  .health = service.image.find("ill") != std::string::npos ? "unhealthy" : "",
                                  .started_at = {},
                                  .restarts = 0,
                                  .exit_code = crashes ? 1 : 0});
        if (service.image.find("fail") != std::string::npos) out.failing.insert(stack.unit + ".service");
      }
      for (const auto& unit : stack.units()) out.units.insert(unit + ".service");
    }
    return out;
  }
};

}  // namespace hwcsync::apply
