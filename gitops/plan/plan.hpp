#pragma once

#include "gitops/layout/desired_state.hpp"
#include "gitops/lint/finding.hpp"
#include "gitops/source/repository.hpp"
#include "src/base/json.hpp"

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

// The plan: how to get from what was deployed to what a revision asks for (DESIGN 6). A value; making one
// starts no process and reads nothing that the tree diff does not touch.
namespace hwcsync::plan {

enum class Action { none, unit, reload, restart, create, remove };
[[nodiscard]] std::string_view action_name(Action action);

struct ServiceChange {
  std::string service;
  Action action = Action::none;
  std::vector<std::string> reasons;  // "image ghcr.io/x v1 -> v2", "environment + NAME"
};

struct StackChange {
  std::string stack;
  stack::Style style = stack::Style::compose;
  Action action = Action::none;  // what NixOS and podman will do
  Action needed = Action::none;  // what the contents ask for
  std::vector<std::string> reasons;
  std::vector<ServiceChange> services;
};

// What the secret service knows of a changed secret.
enum class Fact { same, rotated, added, removed, unknown, undecryptable };
[[nodiscard]] std::string_view fact_name(Fact fact);

// Style compose: the unit is reloaded, which recreates what has another environment. Then containers of these
// services are restarted, which read files, or made anew, into which the provider copies values.
struct InPlace {
  std::set<std::string> restarted;
  std::set<std::string> recreated;
  bool operator==(const InPlace&) const = default;
};

struct SecretChange {
  std::string stack;
  std::string name;
  std::string source;
  Fact fact = Fact::unknown;
  std::string detail;
  std::vector<std::string> consumers;  // units
  // Nothing: the consumers restart whole.
  std::optional<InPlace> in_place;
};

struct Refusal {
  std::string
      code;  // "everything-vanished", "other-machine", "secret-undecryptable", "lint", "conflict", ...
  std::string message;
  std::string ack;  // what `--ack` takes to go on; empty: cannot be acknowledged
};

// The class of each changed path.
struct PathCounts {
  std::size_t stack = 0;
  std::size_t secret = 0;
  std::size_t doc = 0;
  std::size_t host = 0;
};

struct Plan {
  std::string id;  // 16 hex digits of the hash of what it was made from
  std::string host;
  std::optional<git::ObjectId> from;  // deployed revision; none: the first deployment
  std::optional<git::ObjectId> to;
  bool host_change = false;
  std::vector<std::string> host_paths;  // why
  std::vector<StackChange> changes;     // only stacks that change, in order of name
  std::vector<SecretChange> secrets;
  std::vector<Refusal> refusals;
  std::vector<lint::Finding> findings;  // of touched stacks
  PathCounts paths;
  std::size_t stacks_total = 0;
  std::vector<std::string> images;  // to have before the switch, of touched stacks, sorted
  std::vector<std::string> builds;  // "stack/service" whose image the host makes itself
  std::size_t containers_restarted = 0;
  std::size_t containers_started = 0;
  std::vector<std::int64_t> ports_opened;
  std::vector<std::int64_t> ports_closed;
  std::vector<std::string> directories;  // to be created
  std::vector<git::CommitInfo> commits;  // newest first
  layout::LoadCounters counters;         // what was read to make this plan

  // True when a run has something to do: anything but documents changed.
  [[nodiscard]] bool needs_run() const;
  // Refusals that no `--ack` has lifted.
  [[nodiscard]] bool refused() const { return !refusals.empty(); }
};

// Asks the secret service about the changed secrets of touched stacks: gets the list with `fact` unknown, the
// manifest of exactly those stacks (secrets/manifest) and their ciphertexts by blob id; gives the list with
// facts. Called at most once, and only when a secret is new or its file has changed.
using FactsFunction = std::function<std::vector<SecretChange>(
    std::vector<SecretChange> changes, const std::string& manifest_json,
    const std::map<std::string, std::string>& ciphertexts)>;

struct Inputs {
  const git::Repository* repository = nullptr;
  std::string host;
  std::optional<git::ObjectId> from;
  std::optional<git::ObjectId> to;  // must be there
  std::string machine;              // hostname of this machine; empty: do not compare (a laptop, CI)
  std::set<std::string> acks;
  FactsFunction facts;
  std::shared_ptr<const stack::RepositoryConfig> config;  // of `to`, from a caller that has read it
};

[[nodiscard]] Plan make_plan(const Inputs& inputs);

// The plan's JSON, version 1 (docs/formats.md).
[[nodiscard]] OrderedJson to_json(const Plan& plan);
// As a person reads it (UX.md).
[[nodiscard]] std::string to_text(const Plan& plan);

}  // namespace hwcsync::plan
