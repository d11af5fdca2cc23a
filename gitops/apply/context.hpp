#pragma once

#include "gitops/apply/container_runtime.hpp"
#include "gitops/apply/module_renderer.hpp"
#include "gitops/apply/prober.hpp"
#include "gitops/apply/secret_service.hpp"
#include "gitops/apply/system_builder.hpp"
#include "gitops/apply/system_manager.hpp"
#include "gitops/history/journal.hpp"
#include "src/base/clock.hpp"

#include <chrono>
#include <functional>
#include <string>

namespace hwcsync::apply {

struct HealthSettings {
  std::chrono::milliseconds settle{10'000};    // how long everything must look well without a break
  std::chrono::milliseconds timeout{120'000};  // at least; a stack may ask for more
  std::chrono::milliseconds interval{1'000};
};

struct Deadlines {
  std::chrono::milliseconds build{std::chrono::hours(2)};
  std::chrono::milliseconds activation{std::chrono::hours(1)};
  std::chrono::milliseconds pull{std::chrono::minutes(30)};
};

enum class RemoteCheck { required, skipped };

// All that a worker knows and may touch. References must outlive it. One thread, but for ContainerRuntime.
struct WorkerContext {
  std::string host;         // name in hwcsync.yaml
  std::string machine;      // what this machine calls itself
  std::string state_dir;    // /var/lib/hwcsync
  std::string runtime_dir;  // /run/hwcsync
  RemoteCheck remote_check = RemoteCheck::required;
  HealthSettings health;
  Deadlines deadlines;
  Clock& clock;
  SystemManager& system;
  ContainerRuntime& containers;
  SystemBuilder& builder;
  SecretService& secrets;
  ModuleRenderer& renderer;
  Prober& prober;
  // Asked between steps and while waiting; true: stop when that is still harmless (SIGTERM).
  std::function<bool()> stop_requested;
  // Told of each journal line once it is on disk.
  std::function<void(const history::JournalLine&)> on_journal;

  [[nodiscard]] std::string mirror() const { return state_dir + "/mirror.git"; }
};

}  // namespace hwcsync::apply
