#pragma once

#include "gitops/apply/container_runtime.hpp"
#include "gitops/apply/rotation.hpp"
#include "gitops/layout/desired_state.hpp"
#include "gitops/plan/plan.hpp"
#include "src/base/json.hpp"

#include <chrono>
#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <vector>

namespace hwcsync::apply {

// One side of a switch: what runs, and where it comes from.
struct Generation {
  std::string store_path;  // of the system
  std::string revision;    // empty: from before hwcsync
  std::string generated;   // commit with the modules; empty as above
  std::string secrets;     // generation; empty: none
};

// A stack that the run touches, as far as its health goes.
struct TouchedStack {
  std::string name;
  Account account;
  std::vector<std::string> units;  // with ".service"
  std::vector<std::string> containers;
  std::set<std::string> completing;  // of both: those that do their work and exit
  std::vector<stack::Probe> probes;
  std::chrono::milliseconds timeout{0};
  // Services that have not one container: "<project>-<service>-" and how many. The provider numbers them as
  // it goes, so names are not known before.
  std::map<std::string, std::int64_t> replicas;
};

// How the machine was before we touched it: what it is judged against.
struct Baseline {
  std::vector<std::string> failed_units;
  std::vector<ContainerStatus> containers;         // of all our stacks
  std::map<std::string, std::string> invocations;  // of units that may have to restart
  bool remote_reachable = true;
};

// All that is needed to finish a switch, or to take it back, without Git, network or the worker that began
// it: <run>/activation.json, on disk before the journal says `baseline`.
struct ActivationRecord {
  Generation from;
  Generation to;
  // False: the wanted system runs, is what the next boot starts, and nobody doubts it.
  bool switches = true;
  std::vector<TouchedStack> touched;
  Rotation rotation;
  std::vector<Account> accounts;  // whose containers to look at
  Baseline baseline;
};

inline constexpr const char* kActivationFile = "activation.json";

[[nodiscard]] OrderedJson to_json(const ActivationRecord& record);
// Throws Error.
[[nodiscard]] ActivationRecord record_from_json(const Json& value);

[[nodiscard]] TouchedStack touched_stack(const layout::Stack& stack);
// The account that runs a stack's containers.
[[nodiscard]] Account account_of(const layout::Stack& stack);
// "immich-stack" -> "immich-stack.service"; names with a suffix stay.
[[nodiscard]] std::string unit_file_name(const std::string& unit);

}  // namespace hwcsync::apply
