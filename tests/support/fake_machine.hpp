#pragma once

#include "gitops/apply/container_runtime.hpp"
#include "gitops/apply/module_renderer.hpp"
#include "gitops/apply/prober.hpp"
#include "gitops/apply/secret_service.hpp"
#include "gitops/apply/system_builder.hpp"
#include "gitops/apply/system_manager.hpp"
#include "gitops/layout/desired_state.hpp"
#include "gitops/source/repository.hpp"
#include "src/base/error.hpp"
#include "src/base/hash.hpp"

#include <algorithm>
#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

namespace hwcsync::test {

// SIGKILL: passes every catch of the program under test, since it is no std::exception.
struct Killed {};

// Counts what is done to the world, and goes wrong at the n-th thing: with an Error, or with the death of the
// worker. Every operation counts twice, before and after its effect: a reply can get lost.
class Fate {
 public:
  void reach(const std::string& what) {
    const std::lock_guard<std::mutex> guard(mutex_);
    ++count_;
    last = what;
    if (kill_at == count_ || (!kill_when.empty() && kill_when == what)) throw Killed{};
    if (fail_at == count_ || (fail_from != 0 && count_ >= fail_from)) throw Error("cannot", what, "fate");
  }
  [[nodiscard]] int count() const { return count_; }
  void reset() {
    kill_at = fail_at = fail_from = 0;
    kill_when.clear();
    count_ = 0;
  }

  int kill_at = 0;
  int fail_at = 0;
  int fail_from = 0;
  std::string kill_when;  // at this very thing
  std::string last;

 private:
  std::mutex mutex_;
  int count_ = 0;
};

// What a system consists of, as far as we look at it.
struct SystemContent {
  std::set<std::string> units;
  std::vector<apply::ContainerStatus> containers;
  std::set<std::string> failing;  // units that fail when they are started
};

inline constexpr const char* kFirstSystem = "/nix/store/first-system";

// What can be copied and put back: the whole state of the machine.
struct MachineState {
  std::string current = kFirstSystem;
  std::string profile = kFirstSystem;
  std::map<std::string, SystemContent> systems{{kFirstSystem, {}}};
  std::map<std::string, apply::UnitStatus> units;
  std::vector<apply::ContainerStatus> containers;
  std::set<std::pair<std::int64_t, std::string>> images;
  std::set<std::string> unobtainable;
  std::vector<apply::TransientUnit> image_builds;
  std::string secrets;
  std::set<std::string> staged;
  std::set<std::string> in_use;     // generations that the secret service will not drop
  std::vector<std::string> unseen;  // what a flip says of users who do not see it
  int secret_reloads = 0;
  std::vector<apply::SecretFact> facts;  // what the service says of any bundle
  std::map<std::string, std::string> roots;
  // The exit statuses of coming switches, the first first; then 0. What a status does: see switch_to().
  std::vector<int> switch_exits;
  int build_exit = 0;
  std::optional<std::string> remote_trouble;
  std::optional<apply::ProbeTrouble> probe_trouble;
  std::map<std::int64_t, apply::Presence> presence;  // by uid; others are there
  std::map<std::string, apply::UnitStatus> transient;
  std::vector<std::string> calls;
  int invocations = 0;
};

// A NixOS machine in memory: profile, running system, units, containers, secrets. All fakes below act on it
// and record what was done, in order.
class FakeMachine : public MachineState {
 public:
  // What a store path brings, for one that is not in `systems`.
  std::function<SystemContent(const std::string& revision)> content_of;
  std::function<void()> on_reload = [] {};
  Fate fate;

  // Before and after the effect of something that changes the world.
  template <typename Effect>
  void act(const std::string& what, Effect effect) {
    fate.reach(what);
    {
      const std::lock_guard<std::mutex> guard(mutex_);
      calls.push_back(what);
      effect();
    }
    fate.reach(what + " (done)");
  }
  void look(const std::string& what) { fate.reach(what); }

  void start(const std::string& unit, const SystemContent& content) {
    apply::UnitStatus& status = units[unit];
    status.name = unit;
    status.invocation = std::to_string(++invocations);
    const bool fails = content.failing.count(unit) != 0;
    status.active = fails ? "failed" : "active";
    status.sub = fails ? "failed" : "exited";
    status.result = fails ? "exit-code" : "success";
  }

  // switch-to-configuration: 0 and 4 make the system live, 2 and 101 leave it half way, 1, 11 and 100 do
  // nothing.
  int switch_to(const std::string& path) {
    int code = 0;
    if (!switch_exits.empty()) {
      code = switch_exits.front();
      switch_exits.erase(switch_exits.begin());
    }
    const SystemContent& next = systems[path];
    if (code == 101) {
      // Units of the old system are stopped, the new ones not started.
      containers.clear();
      return code;
    }
    if (code == 1 || code == 11 || code == 100) return code;
    const SystemContent before = systems[current];
    current = path;
    for (const std::string& unit : before.units) {
      if (next.units.count(unit) == 0) units.erase(unit);
    }
    for (const std::string& unit : next.units) start(unit, next);
    const auto left = std::exchange(containers, next.containers);
    for (auto& container : containers) container.started_at = std::to_string(++invocations);
    // A unit that is gone has stopped its containers, not removed them.
    for (auto container : left) {
      const bool known = std::any_of(containers.begin(), containers.end(), [&](const auto& one) {
        return one.name == container.name && one.account == container.account;
      });
      container.state = "exited";
      if (!known) containers.push_back(std::move(container));
    }
    const bool failed = std::any_of(units.begin(), units.end(),
                                    [](const auto& unit) { return unit.second.active == "failed"; });
    return code == 0 && failed ? 4 : code;
  }

 private:
  std::mutex mutex_;
};

class FakeSystemManager final : public apply::SystemManager {
 public:
  explicit FakeSystemManager(FakeMachine& machine) : machine_(machine) {}

  [[nodiscard]] std::vector<std::string> failed_units() override {
    machine_.look("list failed units");
    std::vector<std::string> out;
    for (const auto& [name, unit] : machine_.units) {
      if (unit.active == "failed") out.push_back(name);
    }
    return out;
  }
  [[nodiscard]] std::optional<apply::UnitStatus> unit(const std::string& name) override {
    machine_.look("show " + name);
    for (const auto* list : {&machine_.units, &machine_.transient}) {
      if (const auto found = list->find(name); found != list->end()) return found->second;
    }
    return std::nullopt;
  }
  // Ends before it returns: what runs in the unit goes on whatever happens to the worker.
  void start_transient(const apply::TransientUnit& unit) override {
    const auto there = machine_.transient.find(unit.name);
    if (there != machine_.transient.end() && there->second.busy())
      throw BusyError("cannot start", unit.name, "it is still at work");
    machine_.act("start " + purpose(unit.name) + ' ' + unit.argv.back(), [&] {
      apply::UnitStatus status{.name = unit.name,
                               .active = "active",
                               .sub = "exited",
                               .result = "success",
                               .invocation = "t" + std::to_string(++machine_.invocations),
                               .exited = true};
      status.exit_code = run(unit);
      machine_.transient[unit.name] = status;
    });
  }
  void remove_transient(const std::string& name) override {
    if (machine_.transient.count(name) == 0) return;
    machine_.act("forget " + purpose(name), [&] { machine_.transient.erase(name); });
  }
  void restart_units(std::span<const std::string> names) override {
    for (const std::string& name : names) {
      machine_.act("restart " + name, [&] { machine_.start(name, machine_.systems[machine_.current]); });
    }
  }
  void reload_units(std::span<const std::string> names) override {
    for (const std::string& name : names) machine_.act("reload " + name, [&] { machine_.on_reload(); });
  }
  [[nodiscard]] std::vector<std::string> log_tail(const std::string& unit, int) override {
    return {"last words of " + unit};
  }

 private:
  static std::string purpose(const std::string& unit) { return unit.substr(0, unit.rfind('-')).substr(8); }

  int run(const apply::TransientUnit& unit) {
    if (unit.argv.front() == "build") {
      if (machine_.build_exit != 0) return machine_.build_exit;
      const std::string& revision = unit.argv.back();
      const std::string path = "/nix/store/" + revision.substr(0, 12) + "-system";
      if (machine_.systems.count(path) == 0) machine_.systems[path] = machine_.content_of(revision);
      machine_.roots["result"] = path;
      return 0;
    }
    // env sh STORE_PATH/etc/hwcsync/bin/build-image IMAGE CONTEXT ...
    if (unit.argv.front() == "/usr/bin/env") {
      const std::string& image = unit.argv.at(3);
      if (machine_.unobtainable.count(image) != 0) return 1;
      machine_.image_builds.push_back(unit);
      machine_.images.emplace(unit.environment.count("CONTAINER_HOST") != 0 ? 1000 : 0, image);
      return 0;
    }
    // argv: switch PATH sets the profile too, activate PATH does not.
    if (unit.argv.front() == "switch") machine_.profile = unit.argv.back();
    return machine_.switch_to(unit.argv.back());
  }

  FakeMachine& machine_;
};

class FakeContainerRuntime final : public apply::ContainerRuntime {
 public:
  explicit FakeContainerRuntime(FakeMachine& machine) : machine_(machine) {}
  [[nodiscard]] apply::Presence presence(const apply::Account& account) override {
    const auto found = machine_.presence.find(account.uid);
    return found == machine_.presence.end() ? apply::Presence::there : found->second;
  }
  [[nodiscard]] bool has_image(const apply::Account& account, const std::string& image) override {
    machine_.look("look for " + image);
    return machine_.images.count({account.uid, image}) != 0;
  }
  void pull(const apply::Account& account, const std::string& image, std::chrono::milliseconds) override {
    machine_.act("pull " + image, [&] {
      if (machine_.unobtainable.count(image) != 0) throw Error("podman pull", image, "manifest unknown");
      machine_.images.emplace(account.uid, image);
    });
  }
  [[nodiscard]] apply::Invocation as(const apply::Account& account, std::vector<std::string> argv) override {
    apply::Invocation out{.argv = std::move(argv), .environment = {}};
    if (account.uid != 0) out.environment["CONTAINER_HOST"] = account.user;
    return out;
  }
  [[nodiscard]] std::vector<apply::ContainerStatus> containers(const apply::Account& account) override {
    machine_.look("list containers of " + account.user);
    std::vector<apply::ContainerStatus> out;
    for (const auto& one : machine_.containers) {
      if (one.account.uid == account.uid) out.push_back(one);
    }
    return out;
  }
  [[nodiscard]] std::vector<std::string> log_tail(const apply::Account&, const std::string& container,
                                                  int) override {
    return {"last words of " + container};
  }
  void remove_stack(const apply::Account& account, const std::string& stack) override {
    machine_.act("remove " + stack + " of " + account.user, [&] {
      auto& all = machine_.containers;
      all.erase(std::remove_if(
                    all.begin(), all.end(),
                    [&](const auto& one) { return one.account.uid == account.uid && one.stack == stack; }),
                all.end());
    });
  }

 private:
  FakeMachine& machine_;
};

class FakeSystemBuilder final : public apply::SystemBuilder {
 public:
  explicit FakeSystemBuilder(FakeMachine& machine) : machine_(machine) {}
  [[nodiscard]] apply::Invocation build_command(const apply::BuildSource& source) override {
    const auto at = source.flake.find("&rev=");
    return {.argv = {"build", source.flake.substr(at + 5, 40)}, .environment = {}};
  }
  [[nodiscard]] std::optional<std::string> built_path(const std::string&) override {
    return machine_.roots["result"];
  }
  [[nodiscard]] apply::Invocation switch_command(const std::string& path) override {
    return {.argv = {"switch", path}, .environment = {}};
  }
  [[nodiscard]] apply::Invocation activate_command(const std::string& path, const std::string&) override {
    return {.argv = {"activate", path}, .environment = {}};
  }
  [[nodiscard]] std::string current_system() override { return machine_.current; }
  [[nodiscard]] std::string profile() override { return machine_.profile; }
  void set_profile(const std::string& path) override {
    machine_.act("set profile " + path, [&] { machine_.profile = path; });
  }
  [[nodiscard]] bool exists(const std::string& path) override { return machine_.systems.count(path) != 0; }
  void add_root(const std::string& name, const std::string& path) override {
    machine_.act("root " + name, [&] { machine_.roots[name] = path; });
  }
  void remove_root(const std::string& name) override {
    machine_.act("unroot " + name, [&] { machine_.roots.erase(name); });
  }
  [[nodiscard]] std::vector<std::string> roots() override {
    std::vector<std::string> out;
    for (const auto& [name, path] : machine_.roots) out.push_back(name);
    return out;
  }

 private:
  FakeMachine& machine_;
};

class FakeSecretService final : public apply::SecretService {
 public:
  explicit FakeSecretService(FakeMachine& machine) : machine_(machine) {}
  [[nodiscard]] std::vector<apply::SecretFact> facts(const apply::SecretBundle&) override {
    machine_.look("ask for facts");
    return machine_.facts;
  }
  [[nodiscard]] apply::StagedSecrets stage(const apply::SecretBundle& bundle) override {
    const std::string generation = sha256_hex(bundle.manifest);
    machine_.act("stage secrets", [&] { machine_.staged.insert(generation); });
    return {generation, machine_.facts};
  }
  std::vector<std::string> flip(const std::string& generation) override {
    machine_.act("flip secrets", [&] {
      if (!generation.empty() && machine_.staged.count(generation) == 0)
        throw Error("cannot flip", generation, "unknown");
      machine_.secrets = generation;
    });
    return machine_.unseen;
  }
  void drop(const std::string& generation) override {
    machine_.act("drop secrets", [&] {
      if (machine_.in_use.count(generation) != 0) throw Error("cannot drop", generation, "it is in use");
      machine_.staged.erase(generation);
    });
  }
  void reload() override {
    machine_.look("reload secrets");
    ++machine_.secret_reloads;
  }
  [[nodiscard]] apply::SecretGenerations generations() override {
    machine_.look("ask for generations");
    return {machine_.secrets, {machine_.staged.begin(), machine_.staged.end()}};
  }

 private:
  FakeMachine& machine_;
};

// Renders for real; only Nix is not asked.
class FakeVerifier final : public apply::ModuleRenderer {
 public:
  explicit FakeVerifier(FakeMachine& machine) : machine_(machine) {}
  [[nodiscard]] nix::Rendered render(const layout::DesiredState& desired) override {
    return nix::render(desired);
  }
  void verify(const nix::Rendered&) override { machine_.look("verify modules"); }

 private:
  FakeMachine& machine_;
};

class FakeProber final : public apply::Prober {
 public:
  explicit FakeProber(FakeMachine& machine) : machine_(machine) {}
  [[nodiscard]] std::optional<apply::ProbeTrouble> probe(const stack::Probe&) override {
    machine_.look("probe");
    return machine_.probe_trouble;
  }
  [[nodiscard]] std::optional<std::string> reach_remote() override {
    machine_.look("reach the remote");
    return machine_.remote_trouble;
  }

 private:
  FakeMachine& machine_;
};

}  // namespace hwcsync::test
